import { useLocale } from '../../i18n';
import { bytes } from '../../lib/bytes';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { fileAddress, type Export } from './jobs';
import { formatName } from './formats';

/** What an export consists of, so that its receiver can check that nothing is missing or changed. */
export function Manifest({ one, onClose }: { one: Export; onClose: () => void }) {
  const { t, instant, count } = useLocale();
  const all = one.archive ? [one.archive, ...one.files] : one.files;
  return (
    <Dialog title={`${t('export.manifest')}: ${formatName(one.format, t)}`} isOpen isWide onClose={onClose}>
      <dl className="facts">
        <div><dt>{t('export.cutoff')}</dt><dd>{instant(one.asOf ?? one.endedAt)}</dd></div>
        <div><dt>{t('job.who')}</dt><dd>{one.requestedBy}</dd></div>
        <div><dt>{t('job.kept')}</dt><dd>{instant(one.keptUntil)}</dd></div>
        <div><dt>{t('job.id')}</dt><dd><code>{one.exportId}</code></dd></div>
      </dl>
      {!one.downloadable && <p className="fine">{t('export.notyours')}</p>}
      <div className="scroll-x">
        <table className="table">
          <thead><tr><th>{t('job.file')}</th><th className="number">{t('export.rows')}</th><th className="number">{t('export.values')}</th><th className="number">{t('export.size')}</th><th>SHA-256</th></tr></thead>
          <tbody>
            {all.map((file) => (
              <tr key={file.fileName}>
                <td className="nowrap">{one.downloadable ? <a href={fileAddress(one, file.fileName)} download={file.fileName}><Icon name="out" /> {file.fileName}</a> : file.fileName}</td>
                <td className="number">{count(Number(file.rows))}</td>
                <td className="number">{count(Number(file.values))}</td>
                <td className="number nowrap">{bytes(Number(file.sizeBytes))}</td>
                <td><code className="wrap">{file.sha256}</code></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Dialog>
  );
}
