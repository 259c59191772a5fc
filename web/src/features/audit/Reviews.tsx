import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Empty, Failed, Loading } from '../../ui/State';

/** Who has looked at what of the audit trail, and what was found. */
export function Reviews({ studyOid }: { studyOid: string }) {
  const { t, instant, count } = useLocale();
  const found = useInfiniteQuery({
    queryKey: ['reviews', studyOid],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/studies/{studyOid}/auditReviews', { params: { path: { studyOid }, query: { pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
  });
  const reviews = found.data?.pages.flatMap((page) => page.reviews);
  if (found.error && !reviews) return <Failed error={found.error} onRetry={() => void found.refetch()} />;
  if (!reviews) return <Loading />;
  if (reviews.length === 0) return <Empty title={t('audit.reviews.none')} />;
  return (
    <div className="scroll-x tall" role="region" tabIndex={0} aria-label={t('audit.reviews')}>
      <table className="table">
        <thead><tr><th>ID</th><th>{t('history.when')}</th><th>{t('history.who')}</th><th>{t('audit.criteria')}</th><th className="number">{t('audit.count')}</th><th>{t('audit.finding')}</th></tr></thead>
        <tbody>
          {reviews.map((review) => (
            <tr key={review.reviewId}>
              <td>{review.reviewId}</td>
              <td className="nowrap">{instant(review.recordedAt)}</td>
              <td>{review.user} <span className="fine">{review.role}</span></td>
              <td><Looked review={review} /></td>
              <td className="number">{count(review.entryCount)}</td>
              <td>{review.finding}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.hasNextPage && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
    </div>
  );
}

function Looked({ review }: { review: Schemas['AuditReview'] }) {
  const { t, instant } = useLocale();
  const { siteOid, reviewedUser, kind, fromDate, reasonMissing, reviewedUntil, isBlinded } = review;
  const parts = [siteOid, reviewedUser, kind && t(`audit.kind.${kind}`), fromDate && `${t('audit.from')} ${fromDate}`, reasonMissing && t('audit.bare')].filter(Boolean);
  return <>{parts.length > 0 ? parts.join(' · ') : t('audit.everything')} · {t('audit.upto', { at: instant(reviewedUntil) })}{isBlinded && <span className="fine"> · {t('audit.blinded')}</span>}</>;
}
