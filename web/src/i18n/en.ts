import { app } from './en/app';
import { forms } from './en/forms';
import { entry } from './en/entry';
import { build } from './en/build';
import { admin } from './en/admin';
import { jobs } from './en/jobs';
import { refusals } from './en/refusals';
import { review } from './en/review';
import { system } from './en/system';

/** Every text of the screens, by key. */
export const en = { ...app, ...forms, ...entry, ...build, ...admin, ...jobs, ...refusals, ...review, ...system };
