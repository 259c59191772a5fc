import { app } from './zh/app';
import { forms } from './zh/forms';
import { entry } from './zh/entry';
import { admin } from './zh/admin';

/** Every text of the screens, by key. */
export const zh = { ...app, ...forms, ...entry, ...admin };
