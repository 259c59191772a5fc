import { useState } from 'react';
import { Link } from 'wouter';
import { useLocale } from '../../i18n';
import { useMaySystem } from '../../lib/session';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { Empty, Loaded } from '../../ui/State';
import { useDrafts } from './draft';
import { ImportDialog } from './ImportDialog';
import { NewStudyDialog } from './NewStudyDialog';
import './build.css';

/** Every draft that the user may change, also of studies that were never published. */
export default function Drafts() {
  const { t, instant } = useLocale();
  const drafts = useDrafts();
  const [asked, setAsked] = useState<'new' | 'import' | undefined>();
  const close = () => setAsked(undefined);
  const mayDesign = useMaySystem()('design_study');
  return (
    <Page title={t('drafts.title')} help="drafts.help" actions={mayDesign && (
      <>
        <button type="button" className="button" onClick={() => setAsked('import')}><Icon name="in" />{t('drafts.import')}</button>
        <button type="button" className="button primary" onClick={() => setAsked('new')}><Icon name="plus" />{t('study.new')}</button>
      </>
    )}>
      <Loaded from={drafts}>
        {(list) => list.length === 0 ? <Empty title={t('drafts.none')}>{t('drafts.none.next')}</Empty> : (
          <table className="table">
            <thead><tr><th>{t('scope.study')}</th><th>{t('build.version')}</th><th className="number">{t('draft.revision')}</th><th>{t('draft.when')}</th><th>{t('draft.who')}</th><th>{t('draft.state')}</th></tr></thead>
            <tbody>
              {list.map((one) => (
                <tr key={one.studyOid}>
                  <td><Link href={studyPath(one.studyOid, '/build/draft')}>{one.studyName}</Link> <code>{one.studyOid}</code></td>
                  <td>{one.metaDataVersionName}</td><td className="number">{one.revision}</td><td className="nowrap">{instant(one.changedAt)}</td><td>{one.changedBy}</td>
                  <td>{t(one.publishedBefore ? 'drafts.amendment' : 'drafts.new')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
      {asked === 'import' && <ImportDialog study="" onClose={close} />}
      {asked === 'new' && <NewStudyDialog onClose={close} />}
    </Page>
  );
}
