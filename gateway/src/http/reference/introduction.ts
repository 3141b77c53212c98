/** What is true everywhere, in Markdown of headings, paragraphs and `code`. */
export const INTRODUCTION = `A self-hosted WhatsApp HTTP gateway. A client of the documented WhatsiPlus API works after changing its host; where that API is odd, the oddness is kept and noted.

## Calling it

A service is named by its API key in the path: \`/sendMsg/APIKEY\`. Parameters come by query, or in a body of \`multipart/form-data\`, \`application/x-www-form-urlencoded\` or \`application/json\`; where a POST has both, the body counts. Text is UTF-8. Lists are repeated (\`phonenumber=…&phonenumber=…\`), bracketed (\`phonenumber[]\`) or JSON lists. Trailing and doubled slashes make no difference. GET and POST do the same; HEAD never acts, and what a browser or a link preview requests by itself is refused.

## Errors

An error has the field of the success it stands for, \`success\` or \`status\`, with the text \`"false"\`, a \`message\` for a human and a \`code\` for a program. Codes are stable, messages are not. 429 and 503 carry \`Retry-After\`. When a sending call is refused nothing was queued.

## Safety

A key in an address ends up in logs and histories: send requests from servers, over HTTPS, and never from web pages.`;
