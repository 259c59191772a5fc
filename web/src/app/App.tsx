import { MutationCache, QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Refused } from '../api/client';
import { LOCK_MET, SESSION_OVER } from '../forms/outbox';
import { LocaleProvider } from '../i18n';
import { Failed, Loading } from '../ui/State';
import { Toasts } from '../ui/Toast';
import { useTheme } from '../ui/theme';
import { Routes } from './routes';
import { UserContext, useCaller } from '../lib/session';
import { Shell } from './Shell';

const LogIn = lazy(() => import('../features/login/LogIn'));
const NewPassword = lazy(() => import('../features/login/NewPassword'));
/** Where messages lead, whoever is logged in. */
const INVITATION = '/accept-invitation';
const RESET = '/reset-password';

function makeClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    mutationCache: new MutationCache({
      onError: (error) => {
        if (error instanceof Refused && error.reason === 'STUDY_LOCKED') window.dispatchEvent(new Event(LOCK_MET));
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        retry: (count, error) => count < 2 && error instanceof Refused && error.status >= 500,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
  client.getQueryCache().subscribe(({ query }) => {
    const { error } = query.state;
    const isOver = error instanceof Refused && error.status === 401 && query.queryKey[0] !== 'caller';
    if (isOver) void client.invalidateQueries({ queryKey: ['caller'] });
  });
  return client;
}

function Gate() {
  const caller = useCaller();
  const [theme, toggleTheme] = useTheme();
  const [path] = useLocation();
  const { refetch } = caller;
  const client = useQueryClient();
  useEffect(() => {
    const ask = () => void refetch();
    const askStudies = () => void client.invalidateQueries({ queryKey: ['studies'] });
    window.addEventListener(SESSION_OVER, ask);
    window.addEventListener(LOCK_MET, askStudies);
    return () => {
      window.removeEventListener(SESSION_OVER, ask);
      window.removeEventListener(LOCK_MET, askStudies);
    };
  }, [client, refetch]);
  if (path === INVITATION || path === RESET) {
    return <Suspense fallback={<Loading />}><NewPassword theme={theme} onTheme={toggleTheme} isInvitation={path === INVITATION} /></Suspense>;
  }
  if (caller.isError && caller.data === undefined) {
    return <div className="alone"><Failed error={caller.error} onRetry={() => void caller.refetch()} /></div>;
  }
  if (caller.data === undefined) return <Loading />;
  if (caller.data === null) {
    return <Suspense fallback={<Loading />}><LogIn theme={theme} onTheme={toggleTheme} /></Suspense>;
  }
  return (
    <UserContext.Provider value={caller.data}>
      <Shell theme={theme} onTheme={toggleTheme}>
        <Suspense fallback={<Loading />}><Routes /></Suspense>
      </Shell>
    </UserContext.Provider>
  );
}

export function App() {
  const [client] = useState(makeClient);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <LocaleProvider>
          <Toasts>
            <Gate />
          </Toasts>
        </LocaleProvider>
      </QueryClientProvider>
    </CSPProvider>
  );
}
