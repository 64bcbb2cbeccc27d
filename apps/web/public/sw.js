/**
 * Keeps the page's own files, so that it opens when its node does not answer. Nothing else goes through here: no call to the node, no file of
 * a conversation.
 */
const NAME = 'conclave-page';
const KEPT = /^\/(assets\/.+|icon\.svg|manifest\.webmanifest)$/;
/** A node that takes longer than this is taken for one that is away. */
const PATIENCE_MS = 4000;

self.addEventListener('install', (event) => {
  event.waitUntil(freshPage().then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

// What the page loaded before there was a service worker, and by its workers.
self.addEventListener('message', (event) => {
  const paths = event.data.filter((path) => typeof path === 'string' && KEPT.test(path));
  event.waitUntil(Promise.all(paths.map(kept)));
});

// Leads to the conversation that a notification is about: in a tab of the page that is open, else in a new one.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data?.hash ?? ''));
});

async function show(hash) {
  const [tab] = await self.clients.matchAll({ type: 'window' });
  if (tab === undefined) return self.clients.openWindow(`/${hash}`);
  const place = new URL(tab.url);
  place.hash = hash;
  // First, as a click allows it for a moment; a browser that does not allow it goes there all the same.
  await tab.focus().catch(() => undefined);
  return tab.navigate(place.href);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate' && pathname === '/') event.respondWith(page());
  else if (KEPT.test(pathname)) event.respondWith(kept(pathname));
});

/** The page as the node has it; as it was last, where the node does not answer. */
async function page() {
  try {
    return await freshPage();
  } catch (error) {
    const last = await caches.match('/');
    if (last === undefined) throw error;
    return last;
  }
}

/** Fetches the page. When it is another one than before, the files of the one before go. */
async function freshPage() {
  const response = await fetch('/', { cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`the node answered ${response.status}`);
  const last = await caches.match('/');
  if (last !== undefined && (await last.text()) !== (await response.clone().text())) await caches.delete(NAME);
  await keep('/', response.clone());
  return response;
}

/** A file of the page: their names change with their contents, so what was kept is right. */
async function kept(path) {
  const known = await caches.match(path);
  if (known !== undefined) return known;
  const response = await fetch(path);
  if (response.ok) await keep(path, response.clone());
  return response;
}

/** Without room, or where nothing may be kept, the page works all the same for as long as its node is there. */
async function keep(path, response) {
  try {
    await (await caches.open(NAME)).put(path, response);
  } catch {
    // Not kept.
  }
}
