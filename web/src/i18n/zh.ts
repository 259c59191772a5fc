import { app } from './zh/app';
import { forms } from './zh/forms';
import { entry } from './zh/entry';
import { build } from './zh/build';
import { admin } from './zh/admin';
import { jobs } from './zh/jobs';
import { refusals } from './zh/refusals';
import { review } from './zh/review';
import { system } from './zh/system';

/** Every text of the screens, by key. */
export const zh = { ...app, ...forms, ...entry, ...build, ...admin, ...jobs, ...refusals, ...review, ...system };
