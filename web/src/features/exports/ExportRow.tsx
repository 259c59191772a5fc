import { useLocale } from '../../i18n';
import { bytes } from '../../lib/bytes';
import { Icon } from '../../ui/icons';
import { fileAddress, isOpen, type Export } from './jobs';
import { formatName } from './formats';
import { JobStatus } from './JobStatus';

type Props = { one: Export; onCancel: () => void; onShow: () => void };

export function ExportRow({ one, onCancel, onShow }: Props) {
  const { t, instant, count } = useLocale();
  const written = one.archive?.sizeBytes ?? one.progress?.writtenBytes;
  const parts = [
    one.siteOid && t('export.site', { site: one.siteOid }),
    one.formOids.length > 0 && t('export.someforms', { n: one.formOids.length }),
    one.asOf && t('export.asofat', { at: instant(one.asOf) }),
    one.trail && t('export.withtrail'),
  ].filter(Boolean);
  return (
    <tr>
      <td className="nowrap">{instant(one.requestedAt)}</td>
      <td>{one.requestedBy}</td>
      <td>
        <strong>{formatName(one.format, t)}</strong>
        {one.unblinded && <span className="tag">{t('export.unblinded')}</span>}
        {parts.length > 0 && <div className="fine">{parts.join(' · ')}</div>}
      </td>
      <td><JobStatus job={one} unit="job.records" /></td>
      <td className="number">{one.archive ? count(Number(one.archive.values)) : '–'}</td>
      <td className="number nowrap">{written && Number(written) > 0 ? bytes(Number(written)) : '–'}</td>
      <td>
        <div className="row-acts">
          {isOpen(one.state) && <button type="button" className="button small" onClick={onCancel}>{t('job.cancel')}</button>}
          {one.downloadable && one.archive && <a className="button small primary" href={fileAddress(one, one.archive.fileName)} download={one.archive.fileName}><Icon name="out" />{t('job.download')}</a>}
          {one.archive && <button type="button" className="button small" onClick={onShow}>{t('export.manifest')}</button>}
        </div>
      </td>
    </tr>
  );
}
