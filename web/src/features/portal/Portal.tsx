import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Refused, OFFLINE } from '../../api/client';
import { useLocale } from '../../i18n';
import { useParam } from '../../lib/url';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { callsOf, isFound, type Call, type Document } from './document';
import { Method } from './Method';
import './portal.css';

function useDocument() {
  return useQuery({
    queryKey: ['openapi'],
    queryFn: async (): Promise<Document> => {
      const answer = await fetch('/v1/openapi.json').catch(() => { throw new Refused(OFFLINE, 0); });
      if (!answer.ok) throw new Refused('UNAVAILABLE', answer.status);
      return (await answer.json()) as Document;
    },
    staleTime: Infinity,
  });
}

/** Every method of the interface, to read and to try out in one's own session. */
export default function Portal() {
  const { t } = useLocale();
  const found = useDocument();
  return (
    <Page title={t('nav.portal')} help="portal.help" isFull
      actions={<><a className="button" href="/v1/openapi.json" download="casebook-openapi.json">OpenAPI 3.1</a><a className="button" href="/v1/protos/">.proto</a></>}>
      <Loaded from={found}>{(document) => <Browser document={document} />}</Loaded>
    </Page>
  );
}

function Browser({ document }: { document: Document }) {
  const { t } = useLocale();
  const [find, setFind] = useParam('find');
  const [chosen, choose] = useParam('call');
  const all = useMemo(() => callsOf(document), [document]);
  const shown = find ? all.filter((call) => isFound(call, find)) : all;
  const call = all.find(({ id }) => id === chosen);
  return (
    <div className="portal">
      <div className="portal-list">
        <input className="input" type="search" aria-label={t('portal.find')} placeholder={t('portal.find')} value={find ?? ''} onChange={(event) => setFind(event.target.value || undefined)} />
        <p className="fine" role="status">{t('portal.count', { n: shown.length })}</p>
        <nav className="portal-calls" aria-label={t('portal.methods')}>
          {document.tags.map(({ name, description }) => <Group key={name} name={name} about={description} calls={shown.filter(({ operation }) => operation.tags.includes(name))} chosen={chosen} onChoose={choose} />)}
        </nav>
      </div>
      <div className="portal-method">
        {call ? <Method key={call.id} document={document} call={call} /> : <Empty title={t('portal.choose')}>{t('portal.choose.next')}</Empty>}
      </div>
    </div>
  );
}

type GroupProps = { name: string; about: string; calls: Call[]; chosen: string | undefined; onChoose: (id: string) => void };

function Group({ name, about, calls, chosen, onChoose }: GroupProps) {
  if (calls.length === 0) return null;
  return (
    <section>
      <h2 title={about}>{name}</h2>
      {calls.map(({ id, verb, path, operation }) => (
        <button key={id} type="button" className="portal-call" aria-current={id === chosen ? 'true' : undefined} onClick={() => onChoose(id)}>
          <span className={`verb verb-${verb.toLowerCase()}`}>{verb}</span>
          <span><strong>{operation.operationId.split('_').pop()}</strong><code>{path}</code></span>
        </button>
      ))}
    </section>
  );
}
