import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { useEdit, useForgetDraft, useRefused, type Draft } from './draft';

/** Publishes the draft: for all at once, or to come into force site by site. */
export function PublishDialog({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const { t } = useLocale();
  const { studyOid, study } = draft;
  const [, go] = useLocation();
  const [reason, setReason] = useState('');
  const [oid, setOid] = useState(study.metaDataVersionOid);
  const [name, setName] = useState(study.metaDataVersionName);
  const [isSiteBySite, setSiteBySite] = useState(false);
  const edit = useEdit(draft);
  const forget = useForgetDraft(studyOid);
  const refused = useRefused(studyOid);
  const publish = useMutation({
    mutationFn: async () => {
      if (oid !== study.metaDataVersionOid || name !== study.metaDataVersionName) {
        await edit.mutateAsync([{ nameVersion: { metaDataVersionOid: oid, metaDataVersionName: name } }]);
      }
      const now = await ask(api.GET('/v1/studies/{studyOid}/draft', { params: { path: { studyOid } } }));
      return ask(api.POST('/v1/studies/{studyOid}/draft:publish', {
        params: { path: { studyOid } },
        body: { seenRevision: now.revision, reason: reason.trim(), siteBySite: isSiteBySite, requestId: newRequestId() },
      }));
    },
    onSuccess: () => { forget(); onClose(); go(studyPath(studyOid, '/build/versions')); },
    onError: refused,
  });
  return (
    <Dialog title={t('draft.publish')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); publish.mutate(); }}>
        <label>{t('draft.versionname')}<input className="input big" required value={name} onChange={(event) => setName(event.target.value)} /></label>
        <label>OID<input className="input big" required pattern="\S+" value={oid} onChange={(event) => setOid(event.target.value)} /></label>
        <fieldset>
          <legend>{t('draft.force')}</legend>
          <label className={isSiteBySite ? 'radio' : 'radio chosen'}><input type="radio" name="force" checked={!isSiteBySite} onChange={() => setSiteBySite(false)} /><span>{t('draft.force.all')}</span></label>
          <label className={isSiteBySite ? 'radio chosen' : 'radio'}><input type="radio" name="force" checked={isSiteBySite} onChange={() => setSiteBySite(true)} /><span>{t('draft.force.sites')}</span></label>
        </fieldset>
        <label>{t('draft.reason')}<input className="input big" required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={reason.trim() === '' || publish.isPending}>{t('draft.publish')}</button></div>
      </form>
    </Dialog>
  );
}
