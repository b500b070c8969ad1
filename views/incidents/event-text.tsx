import type { IncidentEvent } from '#analysis/incident/incident.ts';

/** Whose it is, then what: "song → artist goes to DNS". A text that names its subject stands alone; a number does not run into its name. */
export function EventText({ event }: { readonly event: Pick<IncidentEvent, 'subject' | 'text'> }) {
  if (event.subject === '' || event.text.includes(event.subject)) return event.text;
  return (
    <>
      <span className="font-medium">{event.subject}</span>
      {/^\d/.test(event.text) ? ', ' : ' '}
      {event.text}
    </>
  );
}
