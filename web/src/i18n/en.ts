import { app } from './en/app';
import { forms } from './en/forms';
import { entry } from './en/entry';
import { admin } from './en/admin';

/** Every text of the screens, by key. */
export const en = { ...app, ...forms, ...entry, ...admin };
