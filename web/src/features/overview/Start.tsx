import { useLocale } from '../../i18n';
import { useMaySystem, useUser } from '../../lib/session';
import { Page } from '../../ui/Page';
import { Empty } from '../../ui/State';
import { FirstSteps } from './FirstSteps';

/** There is no study that the user may see: whoever may make one is led, everybody else is told whom to ask. */
export default function Start() {
  const { t } = useLocale();
  const user = useUser();
  const may = useMaySystem();
  return (
    <Page title={t('home.hello', { name: user.fullName || user.username })}>
      {may('design_study') ? <FirstSteps summary={undefined} /> : <Empty title={t('home.nostudy')}>{t('home.nostudy.next')}</Empty>}
    </Page>
  );
}
