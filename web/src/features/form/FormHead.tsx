import { useMutation } from '@tanstack/react-query';
import { useMemo, useState, useSyncExternalStore } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import type { FormStore } from '../../forms/store';
import { useLocale } from '../../i18n';
import type { May } from '../../lib/may';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { ENTRY, Review, Status } from '../../ui/Status';
import { useSay } from '../../ui/Toast';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { SignDialog } from '../../forms/SignDialog';
import { Signature } from '../../forms/Signature';
import { useLockedAt } from '../../lib/lock';
import { useUser } from '../../lib/session';

const PATH = '/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}';
type Act = 'verify' | 'freeze' | 'lock' | 'unfreeze' | 'unlock';

function perform(store: FormStore, act: Act, reason: string): Promise<unknown> {
  const params = { path: store.place };
  const { version: seenVersion } = store.state();
  const requestId = newRequestId();
  switch (act) {
    case 'verify':
      return ask(api.POST(`${PATH}:verify`, { params, body: { items: [], seenVersion, requestId } }));
    case 'freeze':
      return ask(api.POST(`${PATH}:freeze`, { params, body: { seenVersion, requestId } }));
    case 'lock':
      return ask(api.POST(`${PATH}:lock`, { params, body: { seenVersion, requestId } }));
    case 'unfreeze':
      return ask(api.POST(`${PATH}:unfreeze`, { params, body: { reason, requestId } }));
    case 'unlock':
      return ask(api.POST(`${PATH}:unlock`, { params, body: { reason, requestId } }));
  }
}

type Props = { store: FormStore; mayEnter: boolean; may: May; siteOid: string; onChange: () => void; toNextForm: () => void; hasNext: boolean };

/** Where the record stands, and what the user may do with it as a whole. */
export function FormHead({ store, mayEnter, may, siteOid, onChange, toNextForm, hasNext }: Props) {
  const { t } = useLocale();
  const say = useSay();
  const { fullName } = useUser();
  const subscribe = useMemo(() => store.subscribe(''), [store]);
  const { record, version, isChangedElsewhere } = useSyncExternalStore(subscribe, store.state);
  const [asked, setAsked] = useState<Act | 'sign' | undefined>();
  const failed = (error: Error) => say(refusalText(error, t), true);
  const run = useMutation({ mutationFn: ({ act, reason = '' }: { act: Act; reason?: string }) => perform(store, act, reason), onSuccess: onChange, onError: failed });
  const complete = useMutation({
    mutationFn: (isComplete: boolean) => ask(api.PUT(PATH, { params: { path: store.place }, body: { seenVersion: store.state().version, values: [], complete: isComplete, requestId: newRequestId() } })),
    onSuccess: (answer) => {
      store.setVersion(answer.version);
      onChange();
    },
    onError: failed,
  });
  const isStudyLocked = useLockedAt(store.place.studyOid) !== undefined;
  const { frozen = false, locked = false, signed = false } = record.review ?? {};
  // The plan may ask for less than everything; whoever verifies may go on.
  const isRestOpen = record.itemGroups.some(({ items, removed }) => !removed && items.some(({ verified }) => !verified));
  const isOpen = version > 0 && !locked;
  const isComplete = record.status === 'COMPLETE';
  return (
    <div className="form-head">
      <Status look={ENTRY[record.status]} />
      {record.review && <Review state={record.review} />}
      <span className="fine">{version > 0 ? t('form.version', { n: version }) : t('form.never')}</span>
      <span className="grow" />
      {isOpen && isRestOpen && may('verify_data', siteOid) && <button type="button" className="button" onClick={() => run.mutate({ act: 'verify' })}><Icon name="shield" />{t('review.verifyrest')}</button>}
      {isOpen && may('freeze_data', siteOid) && <button type="button" className="button" onClick={() => (frozen ? setAsked('unfreeze') : run.mutate({ act: 'freeze' }))}><Icon name="snow" />{t(frozen ? 'review.unfreeze' : 'review.freeze')}</button>}
      {version > 0 && may('lock_data', siteOid) && <button type="button" className="button" onClick={() => (locked ? setAsked('unlock') : run.mutate({ act: 'lock' }))}><Icon name="lock" />{t(locked ? 'review.unlock' : 'review.lock')}</button>}
      {isComplete && !signed && may('sign_data', siteOid) && <button type="button" className="button" onClick={() => setAsked('sign')}><Icon name="pen" />{t('review.sign')}</button>}
      {mayEnter && !locked && !frozen && (
        <button type="button" className={isComplete ? 'button' : 'button primary'} disabled={complete.isPending} onClick={() => complete.mutate(!isComplete)}>
          <Icon name={isComplete ? 'half' : 'check'} />{t(isComplete ? 'form.reopen' : 'form.complete')}
        </button>
      )}
      <button type="button" className="button" onClick={toNextForm}>{t(hasNext ? 'form.next' : 'form.back')} <kbd>Ctrl ↵</kbd></button>
      {isChangedElsewhere && <p className="message blue full-line" role="status"><Icon name="people" />{t('form.elsewhere')}</p>}
      {isStudyLocked && <p className="message quiet full-line"><Icon name="lock" />{t('form.studylocked')}</p>}
      {!isStudyLocked && (locked || frozen) && <p className="message quiet full-line"><Icon name={locked ? 'lock' : 'snow'} />{t(locked ? 'form.locked' : 'form.frozen')}</p>}
      {(asked === 'unfreeze' || asked === 'unlock') && (
        <ReasonDialog title={t(`review.${asked}`)} onClose={() => setAsked(undefined)} onGive={(reason) => { setAsked(undefined); run.mutate({ act: asked, reason }); }} />
      )}
      {record.signature && <p className="message quiet full-line"><Signature signature={record.signature} /></p>}
      {asked === 'sign' && (
        <SignDialog
          title={t('review.sign')}
          what={t('sign.what', { name: fullName, version })}
          signingSha256={record.signingSha256}
          sign={(signing) => ask(api.POST(`${PATH}:sign`, { params: { path: store.place }, body: { seenVersion: version, ...signing } }))}
          onClose={() => setAsked(undefined)}
          onSigned={() => { setAsked(undefined); onChange(); }}
        />
      )}
    </div>
  );
}
