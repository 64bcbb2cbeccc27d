/** A node, a web server and browser profiles: what most scenarios begin with. */
import { BUNDLE, openPage, openProfile, serveFolder, startTestNode, temporaryFolder } from './ground.mjs';
import { installHelpers } from './in-page.mjs';

/** Everything is gone with `close`, which fails when a page has complained. */
export async function world() {
  const folder = temporaryFolder();
  const site = await serveFolder(BUNDLE);
  let node = await startTestNode(`${folder.path}/node`);
  const web = node.webAddress;
  const grpc = node.grpcAddress;
  const profiles = [];
  const sites = [];
  let shared;
  const faults = [];
  let expectsFaults = false;
  const ground = {
    site,
    folder,
    faults,
    apiUrl: `http://${web}`,
    grpcUrl: `http://${grpc}`,
    /** Chromium writes failed requests to the console by itself. */
    expectFaults: () => {
      expectsFaults = true;
    },
    /** The options of a client of this node. */
    options: (extra = {}) => ({ env: 'local', apiUrl: `http://${web}`, ...extra }),
    /** A browser of its own. */
    async profile(name = `profile-${profiles.length}`) {
      const context = await openProfile(`${folder.path}/${name}`);
      profiles.push(context);
      return context;
    },
    /** A page with the SDK and the helpers. */
    async page(context, url = site.url) {
      const page = await openPage(context, url, faults);
      await page.evaluate(installHelpers);
      return page;
    },
    /** The same on a site of its own, which has nothing stored, in a browser that such pages share: to start one takes seconds. */
    async apart() {
      shared ??= await ground.profile('shared');
      const own = await serveFolder(BUNDLE);
      sites.push(own);
      return ground.page(shared, own.url);
    },
    async pauseNode() {
      await node.stop();
    },
    async resumeNode() {
      node = await startTestNode(`${folder.path}/node`, { web, grpc });
    },
    async close() {
      for (const context of profiles) await context.close();
      await node.stop();
      for (const each of [site, ...sites]) await each.close();
      folder.remove();
      if (faults.length > 0 && !expectsFaults) throw new Error(`the pages complained: ${faults.join('; ')}`);
    },
  };
  return ground;
}
