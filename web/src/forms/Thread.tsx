import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type KeyboardEvent } from 'react';
import { api, ask, newRequestId } from '../api/client';
import type { Place, Query } from '../api/types';
import { useLocale } from '../i18n';
import type { May } from '../lib/may';
import { QUERY, Status } from '../ui/Status';
import { refusalText } from '../ui/refusal';

type Act = 'answer' | 'close' | 'reopen' | 'cancel';

/** Does something with a query; nothing twice when it is sent twice. */
export function actOnQuery(studyOid: string, queryId: string, act: Act, text: string) {
  const params = { path: { studyOid, queryId } };
  const requestId = newRequestId();
  const body = { text, requestId };
  switch (act) {
    case 'answer':
      return ask(api.POST('/v1/studies/{studyOid}/queries/{queryId}:answer', { params, body }));
    case 'close':
      return ask(api.POST('/v1/studies/{studyOid}/queries/{queryId}:close', { params, body: text ? body : { requestId } }));
    case 'reopen':
      return ask(api.POST('/v1/studies/{studyOid}/queries/{queryId}:reopen', { params, body }));
    case 'cancel':
      return ask(api.POST('/v1/studies/{studyOid}/queries/{queryId}:cancel', { params, body }));
  }
}

function actsOf({ status, siteOid }: Query, may: May): Act[] {
  const acts: Act[] = [];
  if (status === 'OPEN' && may('answer_queries', siteOid)) acts.push('answer');
  if (may('raise_queries', siteOid)) {
    if (status === 'ANSWERED') acts.push('close', 'reopen');
    if (status === 'OPEN') acts.push('cancel');
    if (status === 'CLOSED') acts.push('reopen');
  }
  return acts;
}

type Props = { studyOid: string; query: Query; may: May; onChange: () => void };

/** One query: everything that was said, and what can be done with it. */
export function Thread({ studyOid, query, may, onChange }: Props) {
  const { t, text, instant } = useLocale();
  const client = useQueryClient();
  const [said, setSaid] = useState('');
  const acts = actsOf(query, may);
  const run = useMutation({
    mutationFn: (act: Act) => actOnQuery(studyOid, query.queryId, act, said.trim()),
    onSuccess: () => {
      setSaid('');
      void client.invalidateQueries({ queryKey: ['queries'] });
      onChange();
    },
  });
  const [main] = acts;
  const isReady = (act: Act) => act === 'close' || said.trim() !== '';
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || !main || !isReady(main) || said.trim() === '') return;
    event.preventDefault();
    run.mutate(main);
  };
  return (
    <article className="thread">
      <header>
        <Status look={QUERY[query.status]} />
        <span className="fine">{query.queryId}{query.checkOid && ` · ${t('query.bycheck', { check: query.checkOid })}`}</span>
      </header>
      <ol>
        {query.messages.map((message, at) => (
          // Messages are only ever added at the end.
          <li key={at} className={message.action === 'ANSWERED' ? 'answer' : undefined}>
            <p>{text(message.text) || t(`query.did.${message.action}` as 'query.did.CLOSED')}</p>
            <span className="fine">{t(`query.did.${message.action}` as 'query.did.CLOSED')} · {message.user} · {instant(message.recordedAt)}</span>
          </li>
        ))}
      </ol>
      {acts.length > 0 && (
        <div className="say">
          <textarea className="input" rows={2} aria-label={t(main === 'answer' ? 'query.youranswer' : 'query.yourtext')} placeholder={t(main === 'answer' ? 'query.youranswer' : 'query.yourtext')} value={said} onChange={(event) => setSaid(event.target.value)} onKeyDown={onKeyDown} />
          <div className="say-acts">
            {acts.map((act) => (
              <button key={act} type="button" className={act === main ? 'button primary' : 'button'} disabled={!isReady(act) || run.isPending} onClick={() => run.mutate(act)}>
                {t(`query.act.${act}`)}
              </button>
            ))}
          </div>
          {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        </div>
      )}
    </article>
  );
}

type NewProps = { place: Place; item?: { itemGroupOid: string; itemGroupRepeatKey: string; itemOid: string }; onChange: () => void };

export function NewQuery({ place, item, onChange }: NewProps) {
  const { t } = useLocale();
  const [text, setText] = useState('');
  const [requestId, setRequestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: () => {
      const { studyOid, ...record } = place;
      return ask(api.POST('/v1/studies/{studyOid}/queries', { params: { path: { studyOid } }, body: { record, ...(item ? { item } : {}), text: text.trim(), requestId } }));
    },
    onSuccess: () => {
      setText('');
      setRequestId(newRequestId());
      onChange();
    },
  });
  return (
    <div className="say">
      <textarea className="input" rows={2} aria-label={t('query.new')} placeholder={t('query.new')} value={text} onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || text.trim() === '') return;
          event.preventDefault();
          run.mutate();
        }} />
      <div className="say-acts">
        <button type="button" className="button primary" disabled={text.trim() === '' || run.isPending} onClick={() => run.mutate()}>{t('query.act.open')}</button>
      </div>
      {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
    </div>
  );
}
