import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client';
import { useLocale } from '../../i18n';
import { Empty, Loaded } from '../../ui/State';

/** How two versions differ, in words; the newer one is the draft when none is named. */
export function Compared({ study, oldHash, newHash }: { study: string; oldHash?: string; newHash?: string }) {
  const { t } = useLocale();
  const found = useQuery({
    queryKey: ['compare', study, oldHash ?? '', newHash ?? ''],
    queryFn: () => {
      const query = { ...(oldHash ? { oldVersionHash: oldHash } : {}), ...(newHash ? { newVersionHash: newHash } : {}) };
      return ask(api.GET('/v1/studies/{studyOid}/versions:compare', { params: { path: { studyOid: study }, query } }));
    },
    staleTime: 0,
  });
  return (
    <Loaded from={found}>
      {({ differences, count }) => {
        if (count === 0) return <Empty title={t('draft.same')} />;
        const kinds = [...new Set(differences.map(({ kind }) => kind))];
        return (
          <>
            <p className="fine">{t('draft.differences', { n: count })}</p>
            {kinds.map((kind) => (
              <section key={kind}>
                <h2>{kind}</h2>
                <table className="table" aria-label={kind}>
                  <tbody>{differences.filter((one) => one.kind === kind).map((one, at) => <tr key={at}><td className="oid"><code>{one.oid}</code></td><td className="wrap" lang="en">{one.what}</td></tr>)}</tbody>
                </table>
              </section>
            ))}
          </>
        );
      }}
    </Loaded>
  );
}
