import { spawn } from 'node:child_process';
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
