import { useQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';

/** Has the server read the journal of a casebook from its first entry, and shows what came of it. */
export function Proof({ studyOid, subjectKey, onClose }: { studyOid: string; subjectKey: string; onClose: () => void }) {
  const { t } = useLocale();
  const found = useQuery({
    queryKey: ['proof', studyOid, subjectKey],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}/verification', { params: { path: { studyOid, subjectKey } } })),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog title={t('proof.title')} isOpen isWide onClose={onClose}>
      <Loaded from={found}>{(proof) => <Result proof={proof} />}</Loaded>
    </Dialog>
  );
}

/** One thing that was checked, by shape, colour and text. */
function Check({ isGood, children }: { isGood: boolean; children: string }) {
  return <p className={`verdict tone-${isGood ? 'green' : 'red'}`} role={isGood ? 'status' : 'alert'}><Icon name={isGood ? 'check' : 'cross'} />{children}</p>;
}

function Result({ proof }: { proof: Schemas['VerifyCasebookResponse'] }) {
  const { t, instant, count } = useLocale();
  const { checkpoint } = proof;
  return (
    <>
      <Check isGood={proof.isChainWhole}>{t(proof.isChainWhole ? 'proof.chain.good' : 'proof.chain.bad')}</Check>
      <Check isGood={proof.isViewEqual}>{t(proof.isViewEqual ? 'proof.view.good' : 'proof.view.bad')}</Check>
      {proof.faults.length > 0 && <ul>{proof.faults.map((fault) => <li key={fault}>{fault}</li>)}</ul>}
      <dl className="pairs">
        {proof.entryCount !== undefined && <div><dt>{t('proof.entries')}</dt><dd>{count(proof.entryCount)}</dd></div>}
        <div><dt>{t('proof.head')}</dt><dd><code className="wrap">{proof.headHash}</code></dd></div>
        <div><dt>{t('proof.span')}</dt><dd>{instant(proof.firstRecordedAt)} – {instant(proof.lastRecordedAt)}</dd></div>
        {proof.viewRowCount > 0 && <div><dt>{t('proof.rows')}</dt><dd>{count(proof.viewRowCount)}</dd></div>}
        <div><dt>{t('proof.at')}</dt><dd>{instant(proof.verifiedAt)}</dd></div>
      </dl>
      <h3>{t('proof.checkpoint')}{checkpoint && ` · ${instant(checkpoint.takenAt)}`}</h3>
      {!checkpoint && <p className="fine">{t('proof.nocheckpoint')}</p>}
      {checkpoint && (
        <>
          <Check isGood={checkpoint.isSignatureValid}>{t(checkpoint.isSignatureValid ? 'proof.signature' : 'proof.nosignature')}</Check>
          {checkpoint.isIncluded
            ? <><Check isGood>{t('proof.included')}</Check><Check isGood={checkpoint.isContinued}>{t(checkpoint.isContinued ? 'proof.continued' : 'proof.notcontinued')}</Check></>
            : <p className="fine">{t('proof.notincluded')}</p>}
          <dl className="pairs"><div><dt>{t('proof.root')}</dt><dd><code className="wrap">{checkpoint.root}</code></dd></div></dl>
        </>
      )}
    </>
  );
}
