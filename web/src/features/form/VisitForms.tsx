import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { api, ask } from '../../api/client';
import type { Place } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { formPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { ENTRY, Status } from '../../ui/Status';

export function useSubject({ studyOid, subjectKey }: Pick<Place, 'studyOid' | 'subjectKey'>) {
  return useQuery({
    queryKey: ['subject', studyOid, subjectKey],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}', { params: { path: { studyOid, subjectKey } } })),
  });
}

/** The forms of the visit, with where each stands. */
export function VisitForms({ place, design }: { place: Place; design: Design }) {
  const { t, text } = useLocale();
  const subject = useSubject(place);
  const visit = subject.data?.visits.find((one) => one.studyEventOid === place.studyEventOid && one.studyEventRepeatKey === place.studyEventRepeatKey);
  return (
    <nav className="visit-forms" aria-label={t('form.visit')}>
      {(visit?.forms ?? []).map(({ formOid, formRepeatKey, status, openQueryCount }) => {
        const form = design.forms.get(formOid);
        const isHere = formOid === place.formOid && formRepeatKey === place.formRepeatKey;
        return (
          <Link key={`${formOid}.${formRepeatKey}`} href={formPath({ ...place, formOid, formRepeatKey })} aria-current={isHere ? 'page' : undefined}>
            <Status look={ENTRY[status]} isBare />
            <span className="grow">{text(form?.description, form?.name ?? formOid)}{formRepeatKey === '1' ? '' : ` ${formRepeatKey}`}</span>
            {openQueryCount > 0 && <span className="badge tone-amber" title={t('form.queries', { n: openQueryCount })}><Icon name="triangle" />{openQueryCount}</span>}
          </Link>
        );
      })}
    </nav>
  );
}
