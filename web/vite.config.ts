import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Compressed files beside the assets, so that the server never compresses while it answers. */
function precompress(): Plugin {
  const compressible = /\.(js|css|html|svg)$/;
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle: {
      sequential: true,
      order: 'post',
      handler({ dir }) {
        if (!dir) return;
        for (const name of fs.readdirSync(dir, { recursive: true }) as string[]) {
          if (!compressible.test(name)) continue;
          const file = path.join(dir, name);
          const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 };
          fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(fs.readFileSync(file), { params }));
          // Over plain HTTP browsers take gzip only.
          fs.writeFileSync(`${file}.gz`, zlib.gzipSync(fs.readFileSync(file), { level: 9 }));
        }
      },
    },
  };
}

/** With the host that the browser named, so that the server sees where a call comes from. */
const server = { target: process.env['CASEBOOK_URL'] ?? 'http://127.0.0.1:8080', changeOrigin: false };
/** What the server itself answers; everything else is a page of this program. */
const proxy = { '/v1': server, '/api': server, '/healthz': server, '/readyz': server };

/** As the server sends it; kept in step with `crates/gateway/src/web.rs`. */
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
  "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export default defineConfig({
  plugins: [react(), precompress()],
  server: { proxy },
  preview: { proxy, headers: { 'Content-Security-Policy': csp } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    sourcemap: false,
  },
});
