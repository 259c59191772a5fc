import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const SOURCE = path.resolve('../crates/identity/tests/service/provider');
/** Of the test provider's one client. */
export const SECRET = 'a secret of the test, long enough for hs256';

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Starts a certified OpenID provider that sends browsers back to `redirect`; it ends with this process. */
export async function startProvider(redirect: string): Promise<string> {
  const folder = path.resolve('node_modules/.cache/oidc-provider');
  fs.mkdirSync(folder, { recursive: true });
  const lock = fs.readFileSync(path.join(SOURCE, 'package-lock.json'), 'utf8');
  const installed = path.join(folder, 'installed.json');
  for (const name of ['package.json', 'package-lock.json', 'provider.mjs']) fs.copyFileSync(path.join(SOURCE, name), path.join(folder, name));
  if (!fs.existsSync(installed) || fs.readFileSync(installed, 'utf8') !== lock) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'], { cwd: folder });
    fs.writeFileSync(installed, lock);
  }
  const provider = spawn('node', ['provider.mjs', redirect], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    provider.once('exit', () => reject(new Error('the provider does not start')));
    let said = '';
    provider.stdout.on('data', (piece) => {
      said += String(piece);
      const issuer = /^http:\/\/\S+/m.exec(said)?.[0];
      if (issuer) resolve(issuer);
    });
  });
}

/** Settings of a program that is reached at `address` and trusts the provider. */
export function settings(folder: string, address: string, issuer: string): string {
  const file = path.join(folder, 'casebook.toml');
  fs.writeFileSync(file, `[identity]\npublic_url = "${address}"\n\n[[identity.oidc]]\nid = "clinic"\nname = "The clinic"\nissuer = "${issuer}"\nclient_id = "casebook"\nclient_secret_env = "CLINIC_SECRET"\n`);
  return file;
}
