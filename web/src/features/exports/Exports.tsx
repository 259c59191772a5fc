import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';
import { ExportRow } from './ExportRow';
import { Manifest } from './Manifest';
import { StartExport } from './StartExport';
import { useExports, type Export } from './jobs';
import './jobs.css';

/** What was exported and what is being exported, and a new export. */
export default function Exports() {
  const { study } = useParams<{ study: string }>();
  const { t } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const [shown, setShown] = useState<Export | undefined>();
  const { found, more, hasMore } = useExports(study);
  const again = () => void client.invalidateQueries({ queryKey: ['exports', study] });
  const cancel = useMutation({
    mutationFn: (exportId: string) => ask(api.POST('/v1/studies/{studyOid}/exports/{exportId}:cancel', { params: { path: { studyOid: study, exportId } }, body: { requestId: newRequestId() } })),
    onSettled: again,
    onError: (error) => say(refusalText(error, t), true),
  });
  return (
    <Page title={t('nav.exports')} help="export.help">
      <StartExport study={study} onStarted={again} />
      <section className="section">
        <h2>{t('export.history')}</h2>
        <Loaded from={found}>
          {(list) => list.length === 0 ? <Empty title={t('export.none')}>{t('export.none.next')}</Empty> : (
            <div className="scroll-x">
              <table className="table">
                <thead><tr><th>{t('job.when')}</th><th>{t('job.who')}</th><th>{t('export.what')}</th><th>{t('job.state')}</th><th className="number">{t('export.values')}</th><th className="number">{t('export.size')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
                <tbody>{list.map((one) => <ExportRow key={one.exportId} one={one} onCancel={() => cancel.mutate(one.exportId)} onShow={() => setShown(one)} />)}</tbody>
              </table>
            </div>
          )}
        </Loaded>
        {hasMore && <div><button type="button" className="button" onClick={more}>{t('act.more')}</button></div>}
      </section>
      {shown && <Manifest one={shown} onClose={() => setShown(undefined)} />}
    </Page>
  );
}
