import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, ask, Refused } from '../../api/client';
import { QrCode } from './QrCode';
import './account.css';
import { useUser } from '../../lib/session';
import { useLocale } from '../../i18n';
import { refusalText } from '../../ui/refusal';

/** Enrols a second factor: the secret for the authenticator, a first code, then the recovery codes. */
export function SecondFactor() {
  const { t } = useLocale();
  const user = useUser();
  const client = useQueryClient();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const enrol = useMutation({ mutationFn: () => ask(api.POST('/v1/totp:enrol', { body: { password } })) });
  const confirm = useMutation({ mutationFn: () => ask(api.POST('/v1/totp:confirm', { body: { code: code.trim() } })), onSuccess: () => void client.invalidateQueries({ queryKey: ['caller'] }) });
  const disable = useMutation({ mutationFn: () => ask(api.POST('/v1/totp:disable', { body: { password, code: code.trim() } })), onSuccess: () => void client.invalidateQueries({ queryKey: ['caller'] }) });
  const error = confirm.error ?? disable.error ?? enrol.error;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (user.hasTotp) disable.mutate();
    else if (enrol.data) confirm.mutate();
    else enrol.mutate();
  };
  return (
    <section className="section narrow">
      <h2>{t('account.factor')}</h2>
      <p className="fine">{t(user.hasTotp ? 'account.factoron' : 'account.factoroff')}</p>
      {confirm.data && (
        <div role="status">
          <p>{t('account.recovery')}</p>
          <pre className="codes-list">{confirm.data.recoveryCodes.join('\n')}</pre>
        </div>
      )}
      {enrol.data && !confirm.data && (
        <div className="qr-line">
          <QrCode text={enrol.data.otpauthUri} label={t('account.scan')} />
          <div>
            <p>{t('account.scan')}</p>
            <p className="fine">{t('account.secret')}</p>
            <code className="wrap">{enrol.data.secret}</code>
          </div>
        </div>
      )}
      {!confirm.data && (
        <form className="row-fields" onSubmit={submit}>
          {!enrol.data && <label>{t('login.password')}<input className="input" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} /></label>}
          {(enrol.data !== undefined || user.hasTotp) && <label>{t('login.code')}<input className="input" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} /></label>}
          <button type="submit" className="button">{t(user.hasTotp ? 'account.disable' : enrol.data ? 'account.confirm' : 'account.enrol')}</button>
        </form>
      )}
      {error && <p className="error" role="alert">{refusalText(error instanceof Refused ? (error.reason === 'UNAUTHENTICATED' ? 'LOG_IN_FAILED' : error.reason) : 'INCIDENT', t)}</p>}
    </section>
  );
}
