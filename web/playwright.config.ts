import { defineConfig } from '@playwright/test';

/** Debian's chromium, without a window; one at a time, because all share one server. */
export default defineConfig({
  testDir: process.env['CASEBOOK_BENCH'] ? 'bench' : 'e2e',
  globalSetup: './e2e/server.ts',
  outputDir: 'test-results',
  workers: 1,
  timeout: 60_000,
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    actionTimeout: 10_000,
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] },
  },
});
