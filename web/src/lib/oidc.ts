import { api, ask, type Schemas } from '../api/client';

const FLOW = 'casebook.oidc';
/** Where the provider sends the browser back to. */
export const CALLBACK = '/oidc/callback';

/** Goes to the provider. What only this browser knows waits here until it comes back. */
export function leaveFor({ authorizationUrl, flowSecret }: { authorizationUrl: string; flowSecret: string }): void {
  sessionStorage.setItem(FLOW, flowSecret);
  window.location.assign(authorizationUrl);
}

/** What the provider says of who came back; nothing where nobody did. Taken once. */
export function comeBack(): Promise<Schemas['IdentityFinishOidcResponse']> | undefined {
  const flowSecret = sessionStorage.getItem(FLOW);
  if (window.location.pathname !== CALLBACK || !flowSecret) return undefined;
  sessionStorage.removeItem(FLOW);
  const sent = new URLSearchParams(window.location.search);
  return ask(api.POST('/v1/oidc:finish', { body: { state: sent.get('state') ?? '', code: sent.get('code') ?? '', flowSecret } }));
}
