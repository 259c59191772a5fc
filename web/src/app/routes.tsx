import { lazy } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { useLocale } from '../i18n';
import { Loaded, Empty } from '../ui/State';
import { Page } from '../ui/Page';
import { CALLBACK } from '../lib/oidc';
import { useStudies } from '../lib/study';

const NoStudy = lazy(() => import('../features/overview/Start'));
const Home = lazy(() => import('../features/overview/Home'));
const Subjects = lazy(() => import('../features/subjects/Subjects'));
const Subject = lazy(() => import('../features/subjects/SubjectPage'));
const Matrix = lazy(() => import('../features/matrix/Matrix'));
const FormPage = lazy(() => import('../features/form/FormPage'));
const Queries = lazy(() => import('../features/queries/Queries'));
const Worklists = lazy(() => import('../features/worklists/Worklists'));
const History = lazy(() => import('../features/audit/History'));
const AuditTrail = lazy(() => import('../features/audit/AuditTrail'));
const Lock = lazy(() => import('../features/lock/Lock'));
const Exports = lazy(() => import('../features/exports/Exports'));
const Imports = lazy(() => import('../features/exports/Imports'));
const ImportPage = lazy(() => import('../features/exports/ImportPage'));
const Build = lazy(() => import('../features/build/Build'));
const Paper = lazy(() => import('../features/build/Paper').then(({ PublishedPaper }) => ({ default: PublishedPaper })));
const DraftPaper = lazy(() => import('../features/build/Paper').then((pages) => ({ default: pages.DraftPaper })));
const Drafts = lazy(() => import('../features/build/Drafts'));
const DraftPage = lazy(() => import('../features/build/DraftPage'));
const FormEditor = lazy(() => import('../features/build/FormEditor'));
const EventEditor = lazy(() => import('../features/build/EventEditor'));
const CheckEditor = lazy(() => import('../features/build/CheckEditor'));
const CodeListEditor = lazy(() => import('../features/build/CodeListEditor'));
const Versions = lazy(() => import('../features/build/Versions'));
const Delegations = lazy(() => import('../features/admin/Delegations'));
const Users = lazy(() => import('../features/admin/Users'));
const Webhooks = lazy(() => import('../features/admin/Webhooks'));
const Access = lazy(() => import('../features/admin/Access'));
const Portal = lazy(() => import('../features/portal/Portal'));
const FinishLink = lazy(() => import('../features/account/Providers'));
const Account = lazy(() => import('../features/account/Account'));

function Start() {
  const studies = useStudies();
  return (
    <Loaded from={studies}>
      {(list) => {
        const first = list[0];
        if (first) return <Redirect to={`/s/${encodeURIComponent(first.studyOid)}`} replace />;
        return <NoStudy />;
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
      <Route path="/s/:study/imports" component={Imports} />
      <Route path="/s/:study/imports/:importId" component={ImportPage} />
      <Route path="/s/:study/build" component={Build} />
      <Route path="/s/:study/build/paper" component={Paper} />
      <Route path="/s/:study/build/versions" component={Versions} />
      <Route path="/s/:study/build/draft" component={DraftPage} />
      <Route path="/s/:study/build/draft/paper" component={DraftPaper} />
      <Route path="/s/:study/build/draft/forms/:form" component={FormEditor} />
      <Route path="/s/:study/build/draft/events/:event" component={EventEditor} />
      <Route path="/s/:study/build/draft/checks/:check" component={CheckEditor} />
      <Route path="/s/:study/build/draft/codes/:list" component={CodeListEditor} />
      <Route path="/drafts" component={Drafts} />
      <Route path="/s/:study/delegations" component={Delegations} />
      <Route path="/s/:study/webhooks" component={Webhooks} />
      <Route path="/users" component={Users} />
      <Route path="/access" component={Access} />
      <Route path="/developers" component={Portal} />
      <Route path="/account" component={Account} />
      <Route path={CALLBACK} component={FinishLink} />
      <Route component={Unknown} />
    </Switch>
  );
}
