import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocale } from '../../i18n';
import { useStudies } from '../../lib/study';
import { Icon } from '../../ui/icons';
import { addressOf, beginning, bodyOf, curlOf, example, resolve, type Call, type Document } from './document';
import { Fields } from './Fields';

const MOST_SHOWN = 200_000;
type Answer = { status: number; tookMs: number; type: string; text: string; isCut: boolean };

async function send(verb: string, address: string, body: string | undefined): Promise<Answer> {
  const begun = performance.now();
  const answer = await fetch(address, {
    method: verb, credentials: 'same-origin',
    headers: { 'X-Casebook-Csrf': '1', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  });
  const type = answer.headers.get('content-type') ?? '';
  const raw = await answer.text();
  let text = raw;
  if (type.includes('json') && raw.length < MOST_SHOWN) {
    try {
      text = JSON.stringify(JSON.parse(raw), null, 2);
    } catch {
      text = raw;
    }
  }
  return { status: answer.status, tookMs: Math.round(performance.now() - begun), type, text: text.slice(0, MOST_SHOWN), isCut: text.length > MOST_SHOWN };
}

/** One method: what it does and takes, and trying it out as the user who is logged in. */
export function Method({ document, call }: { document: Document; call: Call }) {
  const { t } = useLocale();
  const study = useStudies().data?.[0]?.studyOid;
  const [values, setValues] = useState<{ [name: string]: string }>({});
  const [body, setBody] = useState(() => beginning(document, bodyOf(call)));
  const filled: { [name: string]: string } = { ...(study ? { studyOid: study } : {}), ...values };
  const address = addressOf(call, filled);
  const hasBody = bodyOf(call) !== undefined;
  const run = useMutation({ mutationFn: () => send(call.verb, address, hasBody ? body : undefined) });
  const isWhole = !/\{\w+\}/.test(address);
  const done = call.operation.responses['200']?.content ?? {};
  const answer = Object.values(done)[0]?.schema;
  return (
    <article>
      <header>
        <h2>{call.operation.operationId.replace('_', '.')}</h2>
        <p><span className={`verb verb-${call.verb.toLowerCase()}`}>{call.verb}</span> <code className="wrap">{call.path}</code></p>
        <p>{call.operation.description}</p>
      </header>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        {(call.operation.parameters ?? []).map((one) => {
          const choices = resolve(document, one.schema).enum;
          const value = filled[one.name] ?? '';
          const change = (text: string) => setValues({ ...values, [one.name]: text });
          return (
            <label key={one.name}>
              <span><code>{one.name}</code> {one.required && <abbr title={t('portal.required')}>*</abbr>} <span className="fine">{one.description}</span></span>
              {choices
                ? <select className="input" value={value} onChange={(event) => change(event.target.value)}><option value="">–</option>{choices.filter((name) => !name.endsWith('UNSPECIFIED')).map((name) => <option key={name}>{name}</option>)}</select>
                : <input className="input" required={one.required ?? false} value={value} onChange={(event) => change(event.target.value)} />}
            </label>
          );
        })}
        {hasBody && (
          <label>
            <span>{t('portal.body')} <button type="button" className="button small" onClick={() => setBody(JSON.stringify(example(document, bodyOf(call)), null, 2))}>{t('portal.whole')}</button></span>
            <textarea className="input mapping" spellCheck={false} rows={Math.min(18, body.split('\n').length + 1)} value={body} onChange={(event) => setBody(event.target.value)} />
          </label>
        )}
        {call.verb !== 'GET' && <p className="fine"><Icon name="triangle" /> {t('portal.real')}</p>}
        <div><button type="submit" className="button primary" disabled={run.isPending || !isWhole}><Icon name="send" />{t('portal.send')}</button></div>
      </form>
      {run.isError && <p className="error" role="alert"><Icon name="dot" />{t('refusal.OFFLINE')}</p>}
      {run.data && (
        <section aria-live="polite">
          <h3>{t('portal.answer')} <span className={run.data.status < 400 ? 'tone-green' : 'tone-red'}>{run.data.status}</span> <span className="fine">{run.data.tookMs} ms · {run.data.type}</span></h3>
          <pre className="portal-code" tabIndex={0} role="region" aria-label={t('portal.answer')}>{run.data.text}</pre>
          {run.data.isCut && <p className="fine">{t('portal.cut')}</p>}
        </section>
      )}
      <section>
        <h3>curl</h3>
        <pre className="portal-code" tabIndex={0} role="region" aria-label="curl">{curlOf(window.location.origin, call, address, body)}</pre>
      </section>
      {hasBody && <Fields title={t('portal.request')} document={document} schema={bodyOf(call)} />}
      {answer && <Fields title={t('portal.response')} document={document} schema={answer} />}
    </article>
  );
}
