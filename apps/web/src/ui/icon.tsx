/** The page's drawings: strokes on a 24-unit field, drawn for this page. */
const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  send: 'M4.5 12L20 4.5 15.5 20l-3.6-6.4L4.5 12zM20 4.5l-8.1 9.1',
  attach:
    'M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8.1-8.1a3.1 3.1 0 0 1 4.4 4.4l-8.1 8.1a1.6 1.6 0 0 1-2.2-2.2l7.4-7.4',
  smile: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.7 14.2c.7 1.2 1.9 2 3.3 2s2.6-.8 3.3-2M9 9.7v.2M15 9.7v.2',
  gear: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM9 19.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z',
  info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5M12 8v.01',
  down: 'M12 5v13M6 12.5l6 6 6-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2.5 12.5L7 17l9-9.5M11.5 16.5l.5.5 9-9.5',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.4l2.8 1.7',
  alert: 'M12 4.5L21 19.5H3L12 4.5zM12 10v4.2M12 17v.01',
  file: 'M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  reply: 'M9.5 7L4.5 12l5 5M5 12h8.5a6 6 0 0 1 6 6',
  people:
    'M9 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.6-3.4 3.2-5 6.5-5s5.900 1.600 6.500 5M15.500 5.300a3.500 3.500 0 0 1 0 6.400M17.600 14.900c2.100.7 3.500 2.200 3.900 4.600',
  again: 'M19.5 12a7.5 7.5 0 1 1-2.300-5.400M19.500 3.500v4h-4',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l.8 12.500h8.400L17 7',
  edit: 'M4.500 19.500l1-4L16 5l3 3L8.500 18.500z',
  mute: 'M6 16.500h9.500M18 14.500V10a6 6 0 0 0-9-5.200M6 16.500V10c0-.8.150-1.500.400-2.200M10 19.500a2.200 2.200 0 0 0 4 0M4 4l16 16',
  copy: 'M9 9h10.500v10.500H9zM5 15H4.500V4.500H15V5',
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof PATHS;

/** A drawing; it says nothing to a screen reader, the button around it does. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width={1.7}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
