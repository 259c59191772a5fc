import type { Browser, Page } from '@playwright/test';
import { startFresh, type Fresh } from './server';
import { expect, prefer, test, violations, watch, type Language } from './world';

const STUDY = '/s/VITD';
let fresh: Fresh;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  fresh = await startFresh();
  fresh.run('user', 'add', 'root', '--full-name', 'The Administrator', '--role', 'administrator');
});
test.afterAll(() => fresh.stop());

async function as(browser: Browser, user: string, path: string, language: Language = 'en'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })).newPage();
  const faults: string[] = [];
  watch(page, faults);
  page.on('close', () => expect(faults).toEqual([]));
  await prefer(page, language);
  await page.goto(`${fresh.address}${path}`);
  await page.locator('input[autocomplete=username]').fill(user);
  await page.locator('input[type=password]').fill(fresh.password);
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell')).toBeVisible();
  return page;
}

async function look(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `shots/first-${name}.png`, fullPage: true });
  expect.soft(await violations(page), name).toEqual([]);
}

const DRAFT = `${STUDY}/build/draft`;

async function addEvent(page: Page, name: string): Promise<void> {
  await page.goto(`${fresh.address}${DRAFT}?part=events`);
  await page.getByLabel('Name of a new event').fill(name);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

test('the first administrator is led from nothing to a study with a visit schedule that takes participants', async ({ browser }) => {
  test.setTimeout(180_000);
  const page = await as(browser, 'root', '/');
  await expect(page.getByRole('heading', { name: 'Before the first participant' })).toBeVisible();
  await look(page, 'steps');
  await page.getByRole('link', { name: 'Studies and drafts' }).click();
  await page.getByRole('button', { name: 'New study' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name of the study').fill('Vitamin D in winter');
  await dialog.getByLabel('OID of the study').fill('VITD');
  await dialog.getByLabel('Protocol number').fill('VITD-001');
  await look(page, 'new');
  await dialog.getByRole('button', { name: 'New study' }).click();
  await expect(page.getByText('The study has no event yet')).toBeVisible();

  // A form with one item that takes five characters.
  await page.goto(`${fresh.address}${DRAFT}`);
  await page.getByLabel('Name of a new form').fill('Vital signs');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Name of a new group').fill('Vital signs');
  await page.getByRole('button', { name: 'Add', exact: true }).last().click();
  await page.getByLabel('Name of a new item').fill('Remark');
  await page.getByLabel('Name of a new item').press('Enter');
  await page.getByLabel('Length').fill('5');
  await page.getByLabel('Length').blur();

  // Events: what they are called, when they are due, which forms they have.
  await addEvent(page, 'Screening');
  await page.getByLabel('Name of the event · Chinese').fill('筛选');
  await page.getByLabel('Name of the event · Chinese').blur();
  await page.getByLabel('Every participant has it').check();
  await page.getByLabel('Add a form').selectOption('F.VITALSIGNS');
  await page.getByLabel('Vital signs must be filled in').check();
  await addEvent(page, 'Week 2');
  await page.getByLabel('Counted from').selectOption({ label: 'Screening' });
  for (const [field, days] of [['Target day', '14'], ['Days before', '2'], ['Days after', '3']] as const) {
    await page.getByLabel(field).fill(days);
    await page.getByLabel(field).blur();
  }
  await expect(page.getByText('Day 14 after Screening (day 12 to 17)')).toBeVisible();
  await look(page, 'event');
  await addEvent(page, 'Extra visit');
  await page.getByLabel('Kind').selectOption('UNSCHEDULED');
  await page.getByLabel('Repeats').check();

  // The order of the schedule, and a form by a tick.
  await page.goto(`${fresh.address}${DRAFT}?part=events`);
  const names = page.locator('tbody').first().locator('tr td:first-child a');
  await page.getByRole('button', { name: 'Move Extra visit up' }).click();
  await expect(names).toHaveText(['Screening', 'Extra visit', 'Week 2']);
  await page.getByText('Schedule: which form at which event').click();
  await page.getByRole('checkbox', { name: 'Week 2 · Vital signs' }).check();
  await look(page, 'events');

  // An event that others count from is missed when it is gone.
  await page.getByRole('button', { name: 'Remove Screening' }).click();
  await expect(page.getByText('1 fault', { exact: true })).toBeVisible();
  await page.goto(`${fresh.address}${DRAFT}?part=faults`);
  await expect(page.getByText('its window counts from StudyEventDef SE.SCREENING, which is not defined')).toBeVisible();
  await expect(page.getByRole('link', { name: 'SE.WEEK2' })).toHaveAttribute('href', /events\/SE\.WEEK2$/);
  await look(page, 'faults');
  await page.goto(`${fresh.address}${DRAFT}?part=changes`);
  await page.getByRole('button', { name: /Take back revision/ }).first().click();
  await expect(page.getByText('No faults: it can be published')).toBeVisible();
  await page.getByRole('button', { name: 'Publish' }).click();
  await dialog.getByLabel('Reason').fill('first version');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(page).toHaveURL(/build\/versions/);

  await page.goto(`${fresh.address}${STUDY}`);
  await page.getByRole('link', { name: 'Add a site' }).click();
  await page.getByRole('button', { name: 'Add a site' }).click();
  await dialog.getByLabel('OID').fill('01');
  await dialog.getByLabel('Name of the site').fill('West China Hospital');
  await dialog.getByRole('button', { name: 'Add a site' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'West China Hospital' })).toContainText('Open');
  await page.goto(`${fresh.address}${STUDY}`);
  await expect(page.getByRole('heading', { name: 'Study design' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Before the first participant' })).toBeHidden();
  await page.close();
});

test('the events of a draft are read and changed in Chinese', async ({ browser }) => {
  const page = await as(browser, 'root', DRAFT, 'zh');
  await page.getByRole('button', { name: '从已发布版本开始' }).click();
  await page.getByText('访视', { exact: true }).click();
  await look(page, 'events-zh');
  await page.getByRole('link', { name: 'Week 2' }).click();
  await expect(page.getByText('筛选后第 14 天（第 12 至 17 天）')).toBeVisible();
  await page.getByLabel('访视名称 · 中文').fill('第 2 周');
  await page.getByLabel('访视名称 · 中文').blur();
  await expect(page.getByRole('heading', { name: '第 2 周', level: 1 })).toBeVisible();
  await look(page, 'event-zh');
  await page.close();
});

/** The form of a participant who was just screened. */
async function screened(page: Page, language: Language): Promise<void> {
  const say = language === 'zh' ? { add: '新增参与者', consent: '知情同意', begin: '开始筛选' } : { add: 'New participant', consent: 'Consent', begin: 'Begin screening' };
  await page.getByRole('button', { name: say.add }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(say.consent).fill('2026-03-12');
  await dialog.getByRole('button', { name: say.begin }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  await page.getByRole('link', { name: 'Vital signs' }).first().click();
}

test('a locked study says so on every screen and takes nothing until it is unlocked', async ({ browser }) => {
  test.setTimeout(120_000);
  fresh.run('user', 'add', 'site', '--role', 'coordinator@VITD');
  fresh.run('user', 'add', 'manager', '--role', 'data_manager@VITD');
  const site = await as(browser, 'site', `${STUDY}/subjects`);
  await screened(site, 'en');
  const field = site.locator('.form [data-cell]').first();
  await field.fill('good');
  await field.blur();
  await expect(site.locator('.save-state')).toContainText('Saved');

  const manager = await as(browser, 'manager', `${STUDY}/lock`);
  const dialog = manager.getByRole('dialog');
  await manager.getByRole('button', { name: 'Lock the study' }).click();
  await dialog.getByLabel('Why it is locked although points are open').fill('interim analysis');
  await dialog.getByRole('button', { name: 'Lock the study' }).click();
  const banner = (page: Page) => page.getByText('The study is locked.', { exact: true });
  await expect(banner(manager)).toBeVisible();

  // Whoever has the form open learns of it with the next entry; what was typed stays.
  await field.fill('bad');
  await field.blur();
  await expect(site.getByText('The study is locked: nothing of it can change.')).toBeVisible();
  await expect(banner(site)).toBeVisible();
  await expect(field).toHaveAttribute('readonly');
  await expect(site.getByText('The study is locked: the form can be read, not changed.')).toBeVisible();
  await expect(site.getByRole('button', { name: 'Mark complete' })).toBeHidden();
  await look(site, 'locked-form');
  await site.getByRole('button', { name: 'Drop it, keep “good”' }).click();
  const form = site.url();
  for (const [name, path] of [['home', STUDY], ['subjects', `${STUDY}/subjects`], ['casebook', form.slice(fresh.address.length).split('/').slice(0, 5).join('/')]] as const) {
    await site.goto(`${fresh.address}${path}`);
    await expect(banner(site)).toBeVisible();
    await expect(site.getByRole('button', { name: /New participant|Change status|Enrol/ })).toHaveCount(0);
    await look(site, `locked-${name}`);
  }
  await site.getByRole('button', { name: '中文' }).click();
  await expect(site.getByText('研究已锁定。', { exact: true })).toBeVisible();
  await look(site, 'locked-zh');
  await site.getByRole('button', { name: 'English' }).click();

  await manager.getByRole('button', { name: 'Unlock the study' }).click();
  await dialog.getByRole('textbox').fill('a value was wrong');
  await dialog.getByRole('button', { name: 'Unlock the study' }).click();
  await expect(banner(manager)).toBeHidden();
  await site.goto(form);
  await expect(field).not.toHaveAttribute('readonly');
  await expect(banner(site)).toBeHidden();
  await site.close();
  await manager.close();
});

test('formats that need a mapping are offered only to studies that have one', async ({ browser }) => {
  const page = await as(browser, 'manager', `${STUDY}/exports`);
  for (const name of ['SDTM datasets, CSV', 'SDTM datasets, Dataset-JSON 1.1', 'SDTM datasets, SAS transport (XPT 5)']) {
    await expect(page.getByRole('radio', { name, exact: true })).toBeDisabled();
  }
  await expect(page.getByText('This study version has no SDTM mapping; the rules file can hold one.').first()).toBeVisible();
  await expect(page.getByRole('radio', { name: 'CSV', exact: true })).toBeEnabled();
  await look(page, 'exports');
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.getByText('本研究版本没有 SDTM 映射；可在规则文件中添加。').first()).toBeVisible();
  await look(page, 'exports-zh');
  await page.close();
});

test('what the server refuses is said in Chinese, with what it is about', async ({ browser }) => {
  test.setTimeout(120_000);
  const page = await as(browser, 'site', `${STUDY}/subjects`, 'zh');
  await screened(page, 'zh');
  const field = page.locator('.form [data-cell]').first();
  await field.fill('longer than five');
  await field.blur();
  await expect(page.getByText('共 16 个字符，超出上限 5。')).toBeVisible();
  await look(page, 'refused-zh');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByText('At most 5 characters are allowed; this has 16.')).toBeVisible();
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('button', { name: /放弃/ }).click();

  const root = await as(browser, 'root', `${STUDY}/build?part=sites`);
  await root.getByRole('button', { name: /Close the site/ }).click();
  await root.getByRole('dialog').getByRole('textbox').fill('enough participants');
  await root.getByRole('dialog').getByRole('button', { name: /Close the site/ }).click();
  await expect(root.getByRole('button', { name: /Open the site/ })).toBeVisible();
  await field.fill('fine');
  await field.blur();
  await expect(page.getByText('中心 01 未开放：不接受参与者和数据。')).toBeVisible();

  await page.goto(`${fresh.address}${STUDY}/audit`);
  await expect(page.getByText('您的角色无权在此处查看稽查轨迹。请申请角色或联系有权限的人员。')).toBeVisible();
  await look(page, 'denied-zh');
  await page.close();
  await root.close();
});
