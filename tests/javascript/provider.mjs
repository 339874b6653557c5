// An OpenID provider that is not ours, for staff to sign in at: oidc-provider, with people as the first line of stdin
// says, its own pages to log in, and an answer on stdout once it listens. It lives until stdin ends.
import { createServer } from "node:https";
import { createInterface } from "node:readline";
import Provider from "oidc-provider";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await lines.next()).value);

const granted = async (ctx) => {
  const { client, session, provider } = ctx.oidc;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope("openid groups");
  await grant.save();
  return grant;
};

const provider = new Provider(given.issuer, {
  clients: given.clients,
  claims: { openid: ["sub"], groups: ["groups"] },
  scopes: ["openid", "groups"],
  conformIdTokenClaims: false,
  clientAuthMethods: ["private_key_jwt", "none"],
  pkce: { required: () => true },
  loadExistingGrant: granted,
  findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, groups: given.people[id] ?? [] }) }),
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
  jwks: { keys: given.keys },
  ttl: { Session: 600, Grant: 600, IdToken: 300, Interaction: 600, AccessToken: 300 },
});

createServer({ key: given.pem, cert: given.pem }, provider.callback()).listen(given.port, "127.0.0.1", () => {
  console.log("ready");
});
for await (const line of lines) given.people = JSON.parse(line); // somebody's groups may change meanwhile
process.exit(0);
