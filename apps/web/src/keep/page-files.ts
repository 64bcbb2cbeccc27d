/** The page's own files, kept by a service worker so that it opens without its node. */

/** Starts the service worker, and tells it what the page has loaded. Nothing where the browser has none. */
export function keepPageFiles(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
  navigator.serviceWorker.register('/sw.js').catch(() => {
    // A private window, or a browser that keeps nothing: the page then needs its node to open.
  });
  new PerformanceObserver((list) => {
    const own = list.getEntries().filter(({ name }) => name.startsWith(`${location.origin}/assets/`));
    const paths = own.map(({ name }) => new URL(name).pathname);
    if (paths.length > 0) void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage(paths));
  }).observe({ type: 'resource', buffered: true });
}
