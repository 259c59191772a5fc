import { address, expect, logIn, STUDY, test } from '../e2e/world';
import type { CDPSession, Page } from '@playwright/test';

type Spent = { task: number; script: number; style: number; layout: number };

/** What the page's thread has spent so far, in milliseconds of CPU. */
async function spentMs(session: CDPSession): Promise<Spent> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (wanted: string) => (metrics.find(({ name }) => name === wanted)?.value ?? 0) * 1000;
  return { task: of('TaskDuration'), script: of('ScriptDuration'), style: of('RecalcStyleDuration'), layout: of('LayoutDuration') };
}
const cpuMs = async (session: CDPSession) => (await spentMs(session)).task;

async function clock(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return session;
}

const at = (share: number, values: number[]) => values.toSorted((one, other) => one - other)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
const median = (values: number[]) => at(0.5, values);

test('a keystroke in a form of sixty items', async ({ page }) => {
  await logIn(page, 'coordinator', `${STUDY}/subjects/01-701-1023/SE.BASELINE/1/F.QSNI/1`);
  const field = page.locator('[data-item="I.QSNI.QSDAT"] input, .item input[type=text]').first();
  await field.focus();
  await page.keyboard.press('End');
  const session = await clock(page);
  const spent: Spent[] = [];
  for (let press = 0; press < 60; press += 1) {
    const before = await spentMs(session);
    await page.keyboard.press(press % 2 === 0 ? '1' : 'Backspace');
    const after = await spentMs(session);
    spent.push({ task: after.task - before.task, script: after.script - before.script, style: after.style - before.style, layout: after.layout - before.layout });
  }
  await page.keyboard.press('Escape');
  const task = spent.map((one) => one.task);
  const part = (name: keyof Spent) => median(spent.map((one) => one[name])).toFixed(1);
  console.info(
    `keystroke, CPU of the page's thread: median ${median(task).toFixed(1)} ms, 95 of 100 within ${at(0.95, task).toFixed(1)} ms ` +
    `(script ${part('script')}, style ${part('style')}, layout ${part('layout')}) over ${await page.locator('.item').count()} items; a frame has 16 ms`,
  );
  expect(spent).toHaveLength(60);
});

/** `CASEBOOK_BENCH_STUDY` names a study with many participants, such as the one that `cargo xtask bench matrix` fills. */
const SCROLL_STEPS = 20;
const MANY = process.env['CASEBOOK_BENCH_STUDY'] ? `/s/${process.env['CASEBOOK_BENCH_STUDY']}` : STUDY;

test('first load, change of screen and scrolling of the matrix are measured', async ({ page }) => {
  test.setTimeout(180_000);
  await logIn(page, 'coordinator', MANY);
  const session = await clock(page);
  const loads: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    await page.goto(address(MANY));
    await page.waitForLoadState('networkidle');
    loads.push(await cpuMs(session));
  }
  const before = await cpuMs(session);
  await page.getByRole('link', { name: 'Matrix' }).click();
  await page.getByRole('grid').waitFor();
  await page.waitForLoadState('networkidle');
  const change = (await cpuMs(session)) - before;
  const participants = (await page.locator('.filters [role=status]').textContent()) ?? '';
  const box = page.locator('.matrix');
  const beforeScroll = await spentMs(session);
  // Each step is painted before the next one is taken; the page takes them by itself, as the calls of a test cost, too.
  await box.evaluate(async (element, steps) => {
    for (let step = 1; step <= steps; step += 1) {
      element.scrollTop = step * 300;
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
    }
  }, SCROLL_STEPS);
  const afterScroll = await spentMs(session);
  const scroll = (name: keyof Spent) => ((afterScroll[name] - beforeScroll[name]) / SCROLL_STEPS).toFixed(1);
  const cells = await page.locator('.matrix tbody tr').evaluateAll((rows) => Math.max(...rows.map((row) => row.children.length)) - 1);
  const grid = page.getByRole('grid');
  const jumps: number[] = [];
  for (const key of ['Control+End', 'Control+Home', 'Control+End']) {
    await grid.focus();
    const begun = performance.now();
    await page.keyboard.press(key);
    await expect(page.locator('.strip strong')).toBeVisible();
    await expect(page.locator('.matrix [aria-busy]')).toHaveCount(0);
    jumps.push(performance.now() - begun);
  }
  const find = page.getByRole('searchbox');
  const typedAt = performance.now();
  await find.fill('17');
  await expect(page.locator('.filters [role=status]')).not.toHaveText(participants);
  await page.getByRole('grid').waitFor();
  const found = performance.now() - typedAt;
  const heap = await page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize / 1e6);
  console.info(
    `${participants}; CPU of the page's thread: first load ${median(loads).toFixed(0)} ms, change to the matrix ${change.toFixed(0)} ms, scroll step of 300 px over ${cells} visits ${scroll('task')} ms (script ${scroll('script')}, style ${scroll('style')}, layout ${scroll('layout')}); ` +
    `jump to the last or first participant ${median(jumps).toFixed(0)} ms, search among all ${found.toFixed(0)} ms with a pause of 250 ms, heap ${heap.toFixed(0)} MB`,
  );
  expect(await page.locator('.matrix tbody tr').count()).toBeLessThan(80);
});

/** What stands under the focus: how it is answered, and the keys that answer it. */
function underFocus(page: Page): Promise<{ cell: string; keys: string }> {
  return page.evaluate(() => {
    const field = document.activeElement as HTMLInputElement;
    const group = field.closest('.radios');
    const cell = (group?.querySelector<HTMLElement>('[data-cell]') ?? field).dataset['cell'] ?? '';
    if (field.readOnly || !cell) return { cell, keys: '' };
    if (group) {
      const choices = [...group.querySelectorAll('label')].map((label) => label.textContent ?? '');
      return { cell, keys: String(Math.max(0, choices.findIndex((choice) => /present/i.test(choice))) + 1) };
    }
    return { cell, keys: /DAT\b/.test(cell) ? '20140312' : '2' };
  });
}

test('a form of sixty items is filled in by keyboard, from the first item to the last', async ({ page }) => {
  test.setTimeout(180_000);
  await logIn(page, 'coordinator', `${STUDY}/subjects`);
  await page.getByRole('button', { name: 'New participant' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Consent').fill('12 mar 2014');
  await dialog.getByRole('button', { name: 'Begin screening' }).click();
  await expect(page).toHaveURL(/subjects\/[^/]+$/);
  await page.goto(`${page.url()}/SE.BASELINE/1/F.QSNI/1`);
  await page.locator('.form [data-cell]').first().focus();
  const session = await clock(page);
  const [begunAt, before] = [performance.now(), await cpuMs(session)];
  let [entered, last] = [0, ''];
  for (;;) {
    const { cell, keys } = await underFocus(page);
    if (cell === last) break;
    last = cell;
    if (keys) {
      await page.keyboard.type(keys);
      entered += 1;
    }
    await page.keyboard.press('Enter');
  }
  const typedMs = performance.now() - begunAt;
  await expect(page.locator('.save-state')).toContainText('Saved');
  const recordedMs = performance.now() - begunAt;
  const cpu = (await cpuMs(session)) - before;
  await page.reload();
  await page.locator('.form [data-cell]').first().waitFor();
  const held = await page.locator('.form input[type=radio]:checked, .form input[type=text]:not([value=""])').count();
  console.info(
    `form entry by keyboard: ${entered} items typed in ${(typedMs / 1000).toFixed(1)} s, the last recorded ${(recordedMs - typedMs).toFixed(0)} ms later; ` +
    `CPU of the page's thread ${(cpu / entered).toFixed(1)} ms an item; ${held} items hold a value after loading anew`,
  );
  expect(entered).toBeGreaterThan(40);
  expect(held).toBeGreaterThanOrEqual(entered);
});
