import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';

const PAUSE_MS = 300;
type Example = Schemas['CheckExample'];
type Purpose = Schemas['BuildCheckExpressionRequestPurpose'];
type Asked = { study: string; form: string | undefined; group: string | undefined; purpose: Purpose; expression: string; examples: Example[] };

/** What the server says of an expression, once the typing pauses. Without a form it stands at an event, or at a form within one. */
export function useChecked({ study, form, group, purpose, expression, examples }: Asked) {
  const wanted = JSON.stringify([form, group, purpose, expression, examples]);
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const found = useQuery({
    queryKey: ['expression', study, settled],
    queryFn: () => ask(api.POST('/v1/studies/{studyOid}/draft:checkExpression', {
      params: { path: { studyOid: study } },
      body: { purpose, ...(form ? { formOid: form } : {}), ...(group ? { itemGroupOid: group } : {}), expression, examples },
    })),
    enabled: expression.trim() !== '' && form !== '' && settled === wanted,
    staleTime: 10_000,
    placeholderData: (before) => before,
  });
  return expression.trim() === '' ? undefined : found.data;
}

/** Shows what is wrong with an expression and at which place, or what it gives. */
export function Verdict({ expression, checked }: { expression: string; checked: Schemas['BuildCheckExpressionResponse'] | undefined }) {
  const { t, text } = useLocale();
  if (!checked) return null;
  if (checked.faults.length === 0) {
    return <p className="fine"><span className="status tone-green"><Icon name="check" />{t('draft.typed', { type: checked.resultType ?? '' })}</span> {checked.reads.length > 0 && <>{t('draft.reads')} <code>{checked.reads.join(', ')}</code></>}</p>;
  }
  return (
    <>
      {checked.faults.map(({ line, column, message }, at) => (
        <div key={at} className="expression-fault">
          <p className="error"><Icon name="dot" />{t('draft.at', { line, column })} {text(message)}</p>
          <pre aria-hidden="true">{expression.split('\n')[line - 1] ?? ''}{'\n'}{' '.repeat(Math.max(0, column - 1))}^</pre>
        </div>
      ))}
    </>
  );
}

type Props = { study: string; form?: string; group?: string | undefined; purpose: Purpose; label: string; isLabelHidden?: boolean; value: string; onLeave: (value: string) => void };

/** An expression that is checked while it is typed, and kept when the field is left. */
export function ExpressionField({ study, form, group, purpose, label, isLabelHidden, value, onLeave }: Props) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  const checked = useChecked({ study, form, group, purpose, expression: typed, examples: [] });
  return (
    <div className="expression">
      <label htmlFor={id} className={isLabelHidden ? 'hidden' : undefined}>{label}</label>
      <textarea id={id} className="input code" rows={1} spellCheck={false} value={typed} aria-invalid={(checked?.faults.length ?? 0) > 0 || undefined}
        onChange={(event) => setTyped(event.target.value)} onBlur={() => typed.trim() !== value && onLeave(typed.trim())} />
      <div aria-live="polite"><Verdict expression={typed} checked={checked} /></div>
    </div>
  );
}
