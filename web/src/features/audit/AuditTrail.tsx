import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useLocale } from '../../i18n';
import { useLookOn } from '../../lib/paging';
import { useDesign } from '../../lib/study';
import { useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { Empty, Failed, Loading } from '../../ui/State';
import { AuditTable } from './AuditTable';
import { AUDIT_KINDS, Filters, STUDY_KINDS, useCriteria } from './filters';
import { ReviewDialog } from './ReviewDialog';
import { Reviews } from './Reviews';

/** The audit trail of a study, to be looked at, and the statements that somebody did. */
export default function AuditTrail() {
  const { study } = useParams<{ study: string }>();
  const { t } = useLocale();
  const design = useDesign(study).data;
  const criteria = useCriteria();
  const [site] = useParam('site');
  const [left, setLeft] = useParam('unreviewed');
  const [part, setPart] = useParam('part');
  const [isStating, setStating] = useState(false);
  const where = { ...criteria.query, ...(site ? { siteOid: site } : {}) };
  const found = useInfiniteQuery({
    queryKey: ['trail', study, where, left],
    queryFn: ({ pageParam }) => {
      const query = { ...where, pageSize: 100, ...(left ? { unreviewed: true } : {}), ...(pageParam ? { pageToken: pageParam } : {}) };
      return ask(api.GET('/v1/studies/{studyOid}/auditTrail', { params: { path: { studyOid: study }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const entries = found.data?.pages.flatMap((page) => page.entries);
  const looksOn = useLookOn(found, entries?.length);
  const newest = entries?.[0]?.recordedAt;
  const isReviews = part === 'reviews';
  const actions = (
    <>
      <button type="button" className="button" onClick={() => setPart(isReviews ? undefined : 'reviews')}>{t(isReviews ? 'nav.audit' : 'audit.reviews')}</button>
      {!isReviews && newest && <button type="button" className="button primary" onClick={() => setStating(true)}><Icon name="check" />{t('audit.review')}</button>}
    </>
  );
  if (isReviews) return <Page title={t('audit.reviews')} help="audit.help" actions={actions} isFull><Reviews studyOid={study} /></Page>;
  return (
    <Page title={t('nav.audit')} help="audit.help" actions={actions} isFull>
      <div className="filters">
        <Filters criteria={criteria} kinds={[...AUDIT_KINDS, ...STUDY_KINDS]} />
        <label className="inline"><input type="checkbox" checked={left !== undefined} onChange={(event) => setLeft(event.target.checked ? '1' : undefined)} /> {t('audit.unreviewed')}</label>
      </div>
      {found.error && !entries && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {(!entries || looksOn) && !found.error && <Loading />}
      {entries?.length === 0 && !found.hasNextPage && <Empty title={t('audit.none')}>{t('audit.none.next')}</Empty>}
      {entries && entries.length > 0 && <AuditTable studyOid={study} entries={entries} design={design} hasSubject hasReviews />}
      {found.hasNextPage && !looksOn && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      {isStating && newest && <ReviewDialog studyOid={study} criteria={where} newest={newest} onClose={() => setStating(false)} />}
    </Page>
  );
}
