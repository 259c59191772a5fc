import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, Refused } from '../api/client';
import { useUser } from '../lib/session';
import { useLocale } from '../i18n';
import { Dialog } from '../ui/Dialog';
import { refusalText } from '../ui/refusal';

const MEANINGS = ['responsibility', 'review', 'approval'] as const;

/** What a signature is put under: the meaning, the ticket, and the id of the intention. */
export type Signing = { meaning: string; signingTicket: string; requestId: string };
type Props = {
  title: string;
  /** What is signed, in a sentence. */
  what: string;
  signingSha256: string;
  sign: (signing: Signing) => Promise<unknown>;
  onClose: () => void;
  onSigned: () => void;
};

/** Signs something as it stands. The signer proves anew who he is (21 CFR 11.200). */
export function SignDialog({ title, what, signingSha256, sign, onClose, onSigned }: Props) {
  const { t } = useLocale();
  const user = useUser();
  const [meaning, setMeaning] = useState<(typeof MEANINGS)[number]>('responsibility');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [requestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: async () => {
      const said = t(`sign.${meaning}`);
      const components = { contentSha256: signingSha256, meaning: said, password, username: name.trim(), ...(code ? { code } : {}) };
      const { ticket } = await ask(api.POST('/v1/signatures:authorize', { body: components }));
      return sign({ meaning: said, signingTicket: ticket, requestId });
    },
    onSuccess: onSigned,
  });
  const reason = run.error instanceof Refused ? (run.error.reason === 'UNAUTHENTICATED' ? 'LOG_IN_FAILED' : run.error.reason) : 'INCIDENT';
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p>{what}</p>
        <fieldset>
          <legend>{t('sign.meaning')}</legend>
          {MEANINGS.map((one) => (
            <label key={one} className="radio"><input type="radio" name="meaning" checked={meaning === one} onChange={() => setMeaning(one)} /><span>{t(`sign.${one}`)}</span></label>
          ))}
        </fieldset>
        <label>{t('login.name')}<input className="input big" autoComplete="off" required value={name} onChange={(event) => setName(event.target.value)} /></label>
        <label>{t('login.password')}<input className="input big" type="password" autoComplete="off" required value={password} onChange={(event) => setPassword(event.target.value)} /></label>
        {user.hasTotp && <label>{t('login.code')}<input className="input big" inputMode="numeric" autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.target.value)} /></label>}
        <p className="fine">{t('sign.ends')}</p>
        {run.error && <p className="error" role="alert">{refusalText(reason, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('review.sign')}</button></div>
      </form>
    </Dialog>
  );
}
