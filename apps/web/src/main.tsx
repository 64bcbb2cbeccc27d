/** The page begins. */
import './style/tokens.css';
import './style/base.css';
import './style/controls.css';
import './style/layout.css';
import './style/list.css';
import './style/thread.css';
import './style/message.css';
import { render } from 'preact';
import { App } from './app.js';
import { keepPageFiles } from './keep/page-files.js';
import { followSession } from './state/live.js';
import { loadMarks } from './state/marks.js';
import { sentenceOf, tell } from './state/notices.js';
import { loadPeople } from './state/people.js';
import { followEndings, resume } from './state/session.js';
import { applySettings } from './state/settings.js';
import { askBeforeLoss } from './state/uploads.js';

applySettings();
followSession();
followEndings();
keepPageFiles();
askBeforeLoss();
render(<App />, document.getElementById('app') as HTMLElement);
await Promise.all([loadPeople(), loadMarks()]);
await resume().catch((error: unknown) => tell(sentenceOf(error), 'bad'));
