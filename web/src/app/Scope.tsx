import { useLocation } from 'wouter';
import { useLocale } from '../i18n';
import { useSites, useStudies } from '../lib/study';
import { studyPath, useParam } from '../lib/url';

/** In which study one works, and whether at one site only. */
export function Scope({ studyOid }: { studyOid: string | undefined }) {
  const { t, text } = useLocale();
  const studies = useStudies().data ?? [];
  const sites = useSites(studyOid).data ?? [];
  const [site, setSite] = useParam('site');
  const [, go] = useLocation();
  if (studies.length === 0) return null;
  return (
    <div className="scope">
      <select className="input" aria-label={t('scope.study')} value={studyOid ?? ''} onChange={(event) => go(studyPath(event.target.value))}>
        {studyOid === undefined && <option value="">{t('scope.choose')}</option>}
        {studies.map((study) => (
          <option key={study.studyOid} value={study.studyOid}>{study.protocolName || study.studyName}</option>
        ))}
      </select>
      {studyOid !== undefined && (
        <select className="input" aria-label={t('scope.site')} value={site ?? ''} onChange={(event) => setSite(event.target.value || undefined)}>
          <option value="">{t('scope.all')}</option>
          {sites.map(({ siteOid, name }) => (
            <option key={siteOid} value={siteOid}>{text(name, siteOid)}</option>
          ))}
        </select>
      )}
    </div>
  );
}
