/** Whether the user may do something in a study, at the site when one is named. */
export type May = (act: string, siteOid?: string) => boolean;
