import { address, expect, logIn, STUDY, test, violations, type Language, type Theme, type User } from './world';

const CASEBOOK = `${STUDY}/subjects/01-701-1023`;
const SCREENS: readonly (readonly [User, readonly (readonly [string, string])[]])[] = [
  ['coordinator', [
    ['home', STUDY], ['matrix', `${STUDY}/matrix`], ['subjects', `${STUDY}/subjects`], ['casebook', CASEBOOK],
    ['form', `${CASEBOOK}/SE.SCREENING1/1/F.DM/1`], ['table', `${CASEBOOK}/SE.SCREENING1/1/F.VS/1`], ['long', `${CASEBOOK}/SE.BASELINE/1/F.QSNI/1`],
    ['queries', `${STUDY}/queries`], ['work', `${STUDY}/work`], ['history', `${CASEBOOK}/history`], ['account', '/account'],
  ]],
  ['datamanager', [['home-dm', STUDY], ['audit', `${STUDY}/audit`], ['reviews', `${STUDY}/audit?part=reviews`], ['lock', `${STUDY}/lock`], ['verify', `${STUDY}/work?kind=FORM_TO_VERIFY`], ['exports', `${STUDY}/exports`], ['imports', `${STUDY}/imports`], ['webhooks', `${STUDY}/webhooks`], ['build', `${STUDY}/build`], ['schedule', `${STUDY}/build?part=schedule`], ['paper', `${STUDY}/build/forms/F.DM?mode=annotated`], ['delegations', `${STUDY}/delegations`]]],
  ['administrator', [['users', '/users'], ['access', '/access'], ['access-user', '/access?part=users&user=administrator'], ['api-use', '/access?part=use'], ['portal', '/developers'], ['method', `/developers?call=${encodeURIComponent('get /v1/studies')}`], ['unknown', '/nowhere']]],
  ['designer', [['drafts', '/drafts'], ['draft', `${STUDY}/build/draft`], ['versions', `${STUDY}/build/versions`]]],
];

for (const language of ['zh', 'en'] as Language[]) {
  for (const theme of ['light', 'dark'] as Theme[]) {
    for (const [user, screens] of SCREENS) {
      test(`the screens of the ${user} are without fault in ${language}, ${theme}`, async ({ page }) => {
        test.setTimeout(180_000);
        await logIn(page, user, STUDY, language, theme);
        for (const [name, path] of screens) {
          await page.goto(address(path));
          await page.waitForLoadState('networkidle');
          await expect(page.locator('h1')).toBeVisible();
          await page.screenshot({ path: `shots/${name}-${language}-${theme}.png` });
          expect.soft(await violations(page), `${name} ${language} ${theme}`).toEqual([]);
        }
        await page.setViewportSize({ width: 834, height: 1112 });
        for (const [name, path] of screens) {
          await page.goto(address(path));
          await page.waitForLoadState('networkidle');
          await page.screenshot({ path: `shots/${name}-${language}-${theme}-tablet.png` });
          const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          expect.soft(over, `${name} is wider than a tablet`).toBeLessThanOrEqual(0);
        }
      });
    }
  }
}
