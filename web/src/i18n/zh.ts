import { app } from './zh/app';
import { forms } from './zh/forms';
import { admin } from './zh/admin';

/** Every text of the screens, by key. */
export const zh = { ...app, ...forms, ...admin };
