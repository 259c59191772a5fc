// A real OpenID provider (oidc-provider, certified) with one client, for one test.
// Usage: node provider.mjs <redirect address>; prints its issuer when it listens.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "casebook",
      client_secret: "a secret of the test, long enough for hs256",
      redirect_uris: [process.argv[2]],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    pkce: { methods: ["S256"], required: () => true },
    scopes: ["openid", "profile"],
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
// Ends with the test, also when that is killed.
process.stdin.on("end", () => process.exit(0)).resume();
