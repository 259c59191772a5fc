import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { api, ask, type Schemas } from '../../api/client';
import { useMayChange } from '../../lib/lock';
import { useUser } from '../../lib/session';
import type { FormRecord, Place } from '../../api/types';
import { FormView } from '../../forms/FormView';
import { FormStore } from '../../forms/store';
import { placeKey } from '../../forms/outbox';
import { useLocale } from '../../i18n';
import { useDesignOf, type Design } from '../../lib/study';
import { formPath, studyPath, subjectPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { FormHead } from './FormHead';
import { VisitForms, useSubject } from './VisitForms';

function usePlace(): Place {
  const params = useParams<{ study: string; subject: string; event: string; occurrence: string; form: string; repeat: string }>();
  const { study, subject, event, occurrence, form, repeat } = params;
  return useMemo(
    () => ({ studyOid: study, subjectKey: subject, studyEventOid: event, studyEventRepeatKey: occurrence, formOid: form, formRepeatKey: repeat }),
    [study, subject, event, occurrence, form, repeat],
  );
}

export default function FormPage() {
  const place = usePlace();
  const record = useQuery({
    queryKey: ['record', place],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}', { params: { path: place } })),
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const design = useDesignOf(place.studyOid, record.data?.designVersionHash);
  const subject = useSubject(place);
  return (
    <Loaded from={design}>
      {(known) => (
        <Loaded from={subject}>
          {(casebook) => <Loaded from={record}>{(data) => <Opened key={placeKey(place)} place={place} design={known} casebook={casebook} record={data} refetch={record.refetch} />}</Loaded>}
        </Loaded>
      )}
    </Loaded>
  );
}

type Casebook = Schemas['GetSubjectResponse'];
type OpenedProps = { place: Place; design: Design; casebook: Casebook; record: FormRecord; refetch: () => unknown };

function Opened({ place, design, casebook, record, refetch }: OpenedProps) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const { username } = useUser();
  const [, go] = useLocation();
  const siteOid = casebook.subject?.siteOid ?? '';
  const may = useMayChange(place.studyOid);
  const mayEnter = may('enter_data', siteOid);
  // A store lives as long as its place is on the screen, and is another one for another person.
  // oxlint-disable-next-line react/exhaustive-deps
  const store = useMemo(() => new FormStore(design, place, record), [design, place, username]);
  const reload = useCallback(() => {
    void refetch();
    void client.invalidateQueries({ queryKey: ['subject', place.studyOid, place.subjectKey] });
    for (const key of ['matrix', 'work', 'workload']) void client.invalidateQueries({ queryKey: [key, place.studyOid] });
  }, [client, place, refetch]);
  useEffect(() => store.take(record), [store, record]);
  useEffect(() => store.connect(reload), [store, reload]);
  const form = design.forms.get(place.formOid);
  const event = design.events.get(place.studyEventOid);
  const next = useMemo(() => {
    const visit = casebook.visits.find((one) => one.studyEventOid === place.studyEventOid && one.studyEventRepeatKey === place.studyEventRepeatKey);
    const at = visit?.forms.findIndex((one) => one.formOid === place.formOid && one.formRepeatKey === place.formRepeatKey) ?? -1;
    const following = visit?.forms[at + 1];
    return following && { ...place, formOid: following.formOid, formRepeatKey: following.formRepeatKey };
  }, [casebook, place]);
  const toNextForm = useCallback(() => go(next ? formPath(next) : subjectPath(place.studyOid, place.subjectKey)), [go, next, place]);
  if (!form) return <Page title={t('state.unknown')}>{t('state.unknown.next')}</Page>;
  const title = `${text(form.description, form.name)}${place.formRepeatKey === '1' ? '' : ` ${place.formRepeatKey}`}`;
  const history = `${subjectPath(place.studyOid, place.subjectKey)}/history?event=${encodeURIComponent(place.studyEventOid)}&form=${encodeURIComponent(place.formOid)}`;
  const crumbs = (
    <>
      <Link href={studyPath(place.studyOid, '/subjects')}>{t('nav.subjects')}</Link>
      <Link href={subjectPath(place.studyOid, place.subjectKey)}>{place.subjectKey}</Link>
      <span>{text(event?.description, event?.name ?? place.studyEventOid)}{place.studyEventRepeatKey === '1' ? '' : ` ${place.studyEventRepeatKey}`}</span>
    </>
  );
  return (
    <Page title={title} crumbs={crumbs} help="form.help" actions={<Link className="button" href={history}><Icon name="clock" />{t('audit.of')}</Link>} isFull>
      <div className="form-page">
        <VisitForms place={place} design={design} />
        <div className="form-main">
          <FormHead store={store} mayEnter={mayEnter} may={may} siteOid={siteOid} onChange={reload} toNextForm={toNextForm} hasNext={next !== undefined} />
          <FormView form={form} store={store} mayEnter={mayEnter} may={may} siteOid={siteOid} reload={reload} toNextForm={toNextForm} />
        </div>
      </div>
    </Page>
  );
}
