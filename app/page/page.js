// The list of events, live. The page is whole without this file; it only adds what happens next.
// Whatever comes from the server is set as text, never as markup.
'use strict';
(() => {
    const list = document.getElementById('events');
    const MAX_ITEMS = 200;
    const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
    const exact = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium' });
    const steps = [['day', 86400], ['hour', 3600], ['minute', 60]];

    const inWords = (date) => {
        const seconds = Math.round((date - Date.now()) / 1000);
        if (Math.abs(seconds) < 60)
            return seconds > 0 ? 'in less than a minute' : 'just now';
        const [unit, size] = steps.find(([, size]) => Math.abs(seconds) >= size);
        return relative.format(Math.trunc(seconds / size), unit);
    };

    const showTimes = () => {
        for (const time of document.querySelectorAll('time')) {
            const date = new Date(time.dateTime);
            if (isNaN(date))
                continue;
            time.textContent = inWords(date);
            time.title = exact.format(date);
        }
    };
    showTimes();
    setInterval(showTimes, 15000);
    if (!list)
        return;

    const box = document.getElementById('q');
    const empty = document.getElementById('empty');
    const announce = document.getElementById('announce');
    const status = document.getElementById('status');
    const statusText = document.getElementById('status-text');
    document.documentElement.classList.add('scripted');

    let source = null;
    let after = list.dataset.after; // where to go on; empty: from the beginning
    let feed = null;
    let patience = 2000;
    let retry = 0;
    let arrived = null; // while the list is being fetched: what the stream brings meanwhile

    const say = (state, text) => {
        status.dataset.state = state;
        if (statusText.textContent !== text)
            statusText.textContent = text;
    };

    // "Live" is a promise: the stream is open, and the server itself is up to date.
    const feedWords = {
        ok: ['live', 'Live'],
        starting: ['still', 'Catching up with WorkOS…'],
        failing: ['trouble', 'WorkOS does not answer: nothing new for now'],
        off: ['trouble', 'Not live: this server does not follow WorkOS'],
    };
    const showState = () => {
        if (!source || source.readyState !== EventSource.OPEN || !feed)
            return;
        say(...(feedWords[feed] ?? ['still', 'Connected']));
    };

    let fresh = 0;
    let latest = '';
    let timer = 0;
    const announceSoon = (summary) => {
        fresh++;
        latest = summary;
        clearTimeout(timer);
        timer = setTimeout(() => {
            announce.textContent = fresh === 1 ? `1 new event: ${latest}` : `${fresh} new events, the latest: ${latest}`;
            fresh = 0;
        }, 1000);
    };

    const markOf = (type) => {
        if (/(created|added|activated|verified)$/.test(type) && !/deactivated$/.test(type))
            return 'mark mark-plus';
        return /(deleted|removed|deactivated)$/.test(type) ? 'mark mark-minus' : 'mark';
    };

    const element = (name, className, text) => {
        const made = document.createElement(name);
        if (className)
            made.className = className;
        if (text !== undefined)
            made.textContent = text;
        return made;
    };

    const makeItem = (event) => {
        const item = element('li');
        const mark = element('span', markOf(event.event));
        const time = element('time', '', '');
        const meta = element('p', 'meta');
        const words = element('div');
        item.dataset.id = event.id;
        mark.setAttribute('aria-hidden', 'true');
        time.dateTime = event.created_at;
        meta.append(time, ' · ', element('code', '', event.event));
        words.append(element('p', 'what', event.summary), meta);
        item.append(mark, words);
        return item;
    };

    const isShown = (id) => list.querySelector(`[data-id="${CSS.escape(id)}"]`) !== null;

    const matchesFilter = (event) => {
        const text = box.value.trim().toLowerCase();
        return `${event.summary} ${event.id}`.toLowerCase().includes(text);
    };

    const add = (event) => {
        after = event.id;
        if (arrived)
            arrived.push(event);
        if (isShown(event.id) || !matchesFilter(event))
            return;
        const item = makeItem(event);
        item.classList.add('fresh');
        list.prepend(item);
        while (list.children.length > MAX_ITEMS)
            list.lastElementChild.remove();
        empty.hidden = true;
        showTimes();
        announceSoon(event.summary);
    };

    const fetchEvents = async (text) => {
        const query = new URLSearchParams({ type: 'dsync.', limit: '50' });
        if (text)
            query.set('q', text);
        const answer = await fetch(`/api/events?${query}`, { headers: { Accept: 'application/json' } });
        return answer.ok ? (await answer.json()).data : null;
    };

    const reload = async () => {
        const text = box.value.trim();
        const meanwhile = [];
        arrived = meanwhile;
        const data = await fetchEvents(text).catch(() => null);
        if (arrived !== meanwhile)
            return; // overtaken by a later one
        arrived = null;
        if (data === null)
            return;
        list.replaceChildren(...data.map(makeItem));
        for (const event of meanwhile)
            if (!isShown(event.id) && matchesFilter(event))
                list.prepend(makeItem(event));
        empty.textContent = text ? `Nothing here matches “${text}”.` : 'Nothing has happened yet.';
        empty.hidden = list.children.length > 0;
        showTimes();
    };

    // A stream that the server refused does not come back by itself: find out why.
    const askWhy = async () => {
        let me = null;
        try {
            me = await fetch('/api/me', { headers: { Accept: 'application/json' } });
        } catch {
            // Out of reach: try again below.
        }
        if (me && me.status === 401) {
            say('trouble', 'Not live: you are signed out. ');
            const link = element('a', '', 'Sign in again');
            link.href = '/login';
            statusText.append(link);
            return;
        }
        say('trouble', 'Not live: reconnecting…');
        retry = setTimeout(connect, patience);
        patience = Math.min(patience * 2, 60000);
    };

    function connect() {
        const query = new URLSearchParams({ type: 'dsync.', after });
        clearTimeout(retry);
        if (source)
            source.close();
        feed = null;
        say('still', 'Connecting…');
        const opened = new EventSource(`/api/events/stream?${query}`);
        source = opened;
        opened.onopen = () => {
            patience = 2000;
            showState();
        };
        opened.onmessage = (message) => add(JSON.parse(message.data));
        opened.addEventListener('feed', (message) => {
            feed = JSON.parse(message.data).state;
            showState();
        });
        opened.addEventListener('reset', reload);
        opened.onerror = () => {
            feed = null;
            if (opened !== source)
                return;
            if (opened.readyState === EventSource.CLOSED)
                askWhy();
            else
                say('trouble', 'Not live: reconnecting…');
        };
    }

    if (list.dataset.live === 'no') {
        say('still', 'Not live: there is nothing to follow');
        return;
    }

    let typing = 0;
    const filter = () => {
        const text = box.value.trim();
        history.replaceState(null, '', text ? `/?q=${encodeURIComponent(text)}` : '/');
        reload();
    };
    box.addEventListener('input', () => {
        clearTimeout(typing);
        typing = setTimeout(filter, 200);
    });
    box.form.addEventListener('submit', (event) => {
        event.preventDefault();
        clearTimeout(typing);
        filter();
    });
    window.addEventListener('pagehide', () => source && source.close());
    window.addEventListener('pageshow', (event) => event.persisted && connect());
    connect();
})();
