import { lazy } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useLocale } from '../i18n';
import { Loaded, Empty } from '../ui/State';
import { Page } from '../ui/Page';
import { CALLBACK } from '../lib/oidc';
import { useStudies } from '../lib/study';

const Home = lazy(() => import('../features/overview/Home'));
const Subjects = lazy(() => import('../features/subjects/Subjects'));
const Subject = lazy(() => import('../features/subjects/SubjectPage'));
const Matrix = lazy(() => import('../features/matrix/Matrix'));
const FormPage = lazy(() => import('../features/form/FormPage'));
const Queries = lazy(() => import('../features/queries/Queries'));
const Worklists = lazy(() => import('../features/work/Worklists'));
const History = lazy(() => import('../features/audit/History'));
const AuditTrail = lazy(() => import('../features/audit/AuditTrail'));
const Lock = lazy(() => import('../features/lock/Lock'));
const Exports = lazy(() => import('../features/exports/Exports'));
const Build = lazy(() => import('../features/build/Build'));
const FormPreview = lazy(() => import('../features/build/FormPreview'));
const Delegations = lazy(() => import('../features/admin/Delegations'));
const Users = lazy(() => import('../features/admin/Users'));
const Webhooks = lazy(() => import('../features/admin/Webhooks'));
const Portal = lazy(() => import('../features/portal/Portal'));
const FinishLink = lazy(() => import('../features/account/Providers'));
const Account = lazy(() => import('../features/account/Account'));

function Start() {
  const { t } = useLocale();
  const studies = useStudies();
  return (
    <Loaded from={studies}>
      {(list) => {
        const first = list[0];
        if (first) return <Redirect to={`/s/${encodeURIComponent(first.studyOid)}`} replace />;
        return <Page title={t('nav.home')}><Empty title={t('home.nostudy')}>{t('home.nostudy.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

function Unknown() {
  const { t } = useLocale();
  return <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
}

/** Every screen has an address; the address is all that a screen needs to be shown again. */
export function Routes() {
  return (
    <Switch>
      <Route path="/" component={Start} />
      <Route path="/s/:study" component={Home} />
      <Route path="/s/:study/subjects" component={Subjects} />
      <Route path="/s/:study/matrix" component={Matrix} />
      <Route path="/s/:study/subjects/:subject" component={Subject} />
      <Route path="/s/:study/subjects/:subject/history" component={History} />
      <Route path="/s/:study/subjects/:subject/:event/:occurrence/:form/:repeat" component={FormPage} />
      <Route path="/s/:study/queries" component={Queries} />
      <Route path="/s/:study/work" component={Worklists} />
      <Route path="/s/:study/audit" component={AuditTrail} />
      <Route path="/s/:study/lock" component={Lock} />
      <Route path="/s/:study/exports" component={Exports} />
      <Route path="/s/:study/build" component={Build} />
      <Route path="/s/:study/build/forms/:form" component={FormPreview} />
      <Route path="/s/:study/delegations" component={Delegations} />
      <Route path="/s/:study/webhooks" component={Webhooks} />
      <Route path="/users" component={Users} />
      <Route path="/developers" component={Portal} />
      <Route path="/account" component={Account} />
      <Route path={CALLBACK} component={FinishLink} />
      <Route component={Unknown} />
    </Switch>
  );
}
