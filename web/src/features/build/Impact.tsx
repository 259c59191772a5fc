import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Empty, Loaded, Notice } from '../../ui/State';

type Page = Schemas['BuildGetImpactResponse'];
type Impact = Schemas['BuildImpact'];
type Total = { subjects: Map<string, number>; impacts: Map<string, Impact & { n: number }>; subjectCount: number; records: number; touched: number; changed: number; ended: number; closed: number };

const SUBJECTS = 50;

function add(total: Total, page: Page): Total {
  for (const { siteOid, versionHash, count } of page.subjects) {
    const key = `${siteOid} · ${versionHash.slice(0, 12)}`;
    total.subjects.set(key, (total.subjects.get(key) ?? 0) + count);
  }
  for (const one of page.impacts) {
    const key = `${one.kind} ${one.formOid} ${one.oid}`;
    const known = total.impacts.get(key);
    const codedValues = [...new Set([...(known?.codedValues ?? []), ...one.codedValues])];
    total.impacts.set(key, { ...one, codedValues, n: (known?.n ?? 0) + Number(one.count), subjectCount: (known?.subjectCount ?? 0) + one.subjectCount });
  }
  return {
    ...total,
    subjectCount: total.subjectCount + page.subjectCount,
    records: total.records + Number(page.recordCount),
    touched: total.touched + page.touchedSubjectCount,
    changed: total.changed + Number(page.changedRecordCount),
    ended: total.ended + Number(page.endedSignatureCount),
    closed: total.closed + Number(page.closedRecordCount),
  };
}

/** What a version would mean for the subjects and values that are there: of the draft, or of a published version. */
export function ImpactView({ study, hash, isReady }: { study: string; hash?: string; isReady: boolean }) {
  const { t } = useLocale();
  const [seen, setSeen] = useState(0);
  const found = useQuery({
    queryKey: ['impact', study, hash ?? ''],
    enabled: isReady,
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      let total: Total = { subjects: new Map(), impacts: new Map(), subjectCount: 0, records: 0, touched: 0, changed: 0, ended: 0, closed: 0 };
      let pageToken: string | undefined;
      do {
        const query = { pageSize: SUBJECTS, ...(hash ? { versionHash: hash } : {}), ...(pageToken ? { pageToken } : {}) };
        const page: Page = await ask(api.GET('/v1/studies/{studyOid}/versions:impact', { params: { path: { studyOid: study }, query }, signal }));
        total = add(total, page);
        setSeen(total.subjectCount);
        pageToken = page.nextPageToken;
      } while (pageToken);
      return total;
    },
  });
  if (!isReady) return <Empty title={t('impact.faulty')}>{t('impact.faulty.next')}</Empty>;
  if (found.isPending) return <Notice icon="clock" title={t('impact.counting', { n: seen })} />;
  return <Loaded from={found}>{(total) => <Counted total={total} />}</Loaded>;
}

function Counted({ total }: { total: Total }) {
  const { t, count } = useLocale();
  const impacts = [...total.impacts.values()];
  const bad = new Set(['FORM_GONE', 'ITEM_GONE', 'NOT_IN_CODE_LIST', 'VALUE_INVALID']);
  return (
    <>
      <dl className="facts">
        <div><dt>{t('impact.subjects')}</dt><dd>{count(total.touched)} / {count(total.subjectCount)}</dd></div>
        <div><dt>{t('impact.records')}</dt><dd>{count(total.changed)} / {count(total.records)}</dd></div>
        <div><dt>{t('impact.signatures')}</dt><dd>{count(total.ended)}</dd></div>
        <div><dt>{t('impact.closed')}</dt><dd>{count(total.closed)}</dd></div>
      </dl>
      {impacts.length === 0 ? <Empty title={t('impact.none')} /> : (
        <table className="table">
          <thead><tr><th>{t('impact.what')}</th><th>{t('build.form')}</th><th>OID</th><th className="number">{t('impact.count')}</th><th className="number">{t('impact.subjects')}</th></tr></thead>
          <tbody>
            {impacts.map((one) => (
              <tr key={`${one.kind} ${one.formOid} ${one.oid}`}>
                <td><span className={`status ${bad.has(one.kind) ? 'tone-red' : 'tone-blue'}`}><Icon name={bad.has(one.kind) ? 'triangle' : 'dot'} />{t(`impact.${one.kind}` as 'impact.ITEM_GONE')}</span>{one.codedValues.length > 0 && <> <code>{one.codedValues.join(', ')}</code></>}</td>
                <td><code>{one.formOid}</code></td><td><code>{one.oid}</code></td>
                <td className="number">{count(one.n)}</td><td className="number">{count(one.subjectCount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <details>
        <summary>{t('impact.sites')}</summary>
        <table className="table"><tbody>{[...total.subjects].map(([place, n]) => <tr key={place}><td>{place}</td><td className="number">{count(n)}</td></tr>)}</tbody></table>
      </details>
    </>
  );
}
