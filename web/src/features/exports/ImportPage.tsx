import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { CheckImport } from './CheckImport';
import { ImportReport } from './ImportReport';
import { JobStatus } from './JobStatus';
import { isOpen, useImport, type Import } from './jobs';
import './jobs.css';

/** One import: its files and mapping, what it would do, and applying it. */
export default function ImportPage() {
  const { study, importId } = useParams<{ study: string; importId: string }>();
  const { t, instant } = useLocale();
  const found = useImport(study, importId);
  return (
    <Page title={found.data?.dataFile ?? t('nav.imports')} help="import.help"
      crumbs={<Link href={studyPath(study, '/imports')}>{t('nav.imports')}</Link>}>
      <Loaded from={found}>
        {(one) => (
          <div className="steps">
            <section className="section">
              <dl className="facts">
                <div><dt>{t('job.state')}</dt><dd><JobStatus job={one} unit="job.rows" /></dd></div>
                <div><dt>{t('job.who')}</dt><dd>{one.requestedBy}</dd></div>
                <div><dt>{t('job.when')}</dt><dd>{instant(one.requestedAt)}</dd></div>
                <div><dt>{t('job.kept')}</dt><dd>{instant(one.keptUntil)}</dd></div>
                <div><dt>{t('job.id')}</dt><dd><code>{one.importId}</code></dd></div>
              </dl>
              {one.faults.length > 0 && <ul className="faults">{one.faults.map((fault) => <li key={fault} className="error"><Icon name="dot" />{fault}</li>)}</ul>}
            </section>
            {one.report && <ImportReport one={one} report={one.report} />}
            {one.report && <Act one={one} />}
            {['RECEIVING', 'CHECKED', 'FAILED'].includes(one.state) && <CheckImport key={one.importId} one={one} />}
            {!one.report && <Act one={one} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** Applies what was checked, or cancels what is under way. */
function Act({ one }: { one: Import }) {
  const { t } = useLocale();
  const client = useQueryClient();
  const [keepGood, setKeepGood] = useState(false);
  const path = { studyOid: one.studyOid, importId: one.importId };
  const done = (next: Import) => client.setQueryData(['import', one.studyOid, one.importId], next);
  const apply = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/imports/{importId}:apply', { params: { path }, body: { keepGood, requestId: newRequestId() } })),
    onSuccess: done,
  });
  const cancel = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/imports/{importId}:cancel', { params: { path }, body: { requestId: newRequestId() } })),
    onSuccess: done,
  });
  const rejected = Number(one.report?.rejected ?? 0);
  const error = apply.error ?? cancel.error;
  const mayCancel = isOpen(one.state) || one.state === 'RECEIVING' || one.state === 'CHECKED';
  if (!mayCancel) return null;
  return (
    <section className="section">
      {one.state === 'CHECKED' && (
        <>
          <h2>{t('import.apply.title')}</h2>
          <p className="fine">{t('import.apply.help')}</p>
          {rejected > 0 && <label className="check"><input type="checkbox" checked={keepGood} onChange={(event) => setKeepGood(event.target.checked)} />{t('import.keepgood', { n: rejected })}</label>}
        </>
      )}
      {error && <p className="error" role="alert"><Icon name="dot" />{refusalText(error, t)}</p>}
      <div className="row-fields">
        {one.state === 'CHECKED' && <button type="button" className="button primary" disabled={apply.isPending || (rejected > 0 && !keepGood)} onClick={() => apply.mutate()}><Icon name="check" />{t('import.apply')}</button>}
        <button type="button" className="button" disabled={cancel.isPending} onClick={() => cancel.mutate()}>{t('import.cancel')}</button>
      </div>
    </section>
  );
}
