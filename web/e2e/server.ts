import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort, SECRET, settings, startProvider } from './provider';

const START_MS = 15 * 60_000;
const LISTENING = /listening on (http:\/\/\S+)/;

/**
 * Builds the demonstration trial in a folder of its own and serves it, with the program itself.
 *
 * `CASEBOOK_BIN` names the program. `CASEBOOK_PAGES` and `CASEBOOK_LOGINS`, the address of a server
 * that runs already and the file with what its `demo` command printed, are used instead when given,
 * with `CASEBOOK_OUTBOX`, the folder of its messages; it must be set up as `provider.ts` says.
 */
export default async function start(): Promise<() => void> {
  if (process.env['CASEBOOK_PAGES']) return () => undefined;
  const program = process.env['CASEBOOK_BIN'] ?? path.resolve('../target/release/casebook');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'casebook-e2e-'));
  const log = path.join(folder, 'log');
  const listen = `127.0.0.1:${await freePort()}`;
  const config = settings(folder, `http://${listen}`, await startProvider(`http://${listen}/oidc/callback`));
  const data = path.join(folder, 'data');
  const server = spawn(program, ['demo', '--data', data, '--config', config, '--listen', listen], {
    env: { ...process.env, CLINIC_SECRET: SECRET },
    stdio: ['ignore', fs.openSync(log, 'a'), fs.openSync(log, 'a')],
  });
  const address = await new Promise<string>((resolve, reject) => {
    const given = setTimeout(() => reject(new Error(`the server did not start: ${fs.readFileSync(log, 'utf8')}`)), START_MS);
    const poll = setInterval(() => {
      const found = LISTENING.exec(fs.readFileSync(log, 'utf8'))?.[1];
      if (!found && server.exitCode === null) return;
      clearInterval(poll);
      clearTimeout(given);
      if (found) resolve(found);
      else reject(new Error(`the server stopped: ${fs.readFileSync(log, 'utf8')}`));
    }, 200);
  });
  process.env['CASEBOOK_PAGES'] = address;
  process.env['CASEBOOK_LOGINS'] = log;
  process.env['CASEBOOK_OUTBOX'] = path.join(data, 'outbox');
  return () => {
    server.kill('SIGTERM');
    fs.rmSync(folder, { recursive: true, force: true });
  };
}

export type Fresh = { address: string; password: string; run: (...command: string[]) => void; stop: () => void };

/** Serves an installation in which nothing is yet. `run` calls the program for the same folder, as an operator does. */
export async function startFresh(): Promise<Fresh> {
  const program = process.env['CASEBOOK_BIN'] ?? path.resolve('../target/release/casebook');
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'casebook-fresh-'));
  const password = 'first-steps-4711-only';
  const env = { ...process.env, CASEBOOK_DATA: data, CASEBOOK_PASSWORD: password };
  const server = spawn(program, ['serve', '--listen', '127.0.0.1:0'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  server.stdout.on('data', (piece) => { said += String(piece); });
  const begun = Date.now();
  while (!/casebook user add/.test(said)) {
    if (server.exitCode !== null || Date.now() - begun > 60_000) throw new Error(`the server does not say how to begin: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    address: LISTENING.exec(said)?.[1] ?? '',
    password,
    run: (...command) => { execFileSync(program, command, { env }); },
    stop: () => {
      server.kill('SIGTERM');
      fs.rmSync(data, { recursive: true, force: true });
    },
  };
}
