<?php

// `file_get_contents` with a stream context, as PHP without extensions calls the API.

require __DIR__ . '/fields.php';

const BOUNDARY = 'boundary-of-the-test';

function multipart(array $fields): string
{
    $body = '';
    foreach ($fields as $field) {
        $body .= '--' . BOUNDARY . "\r\nContent-Disposition: form-data; name=\"{$field['name']}\"";
        if (isset($field['file'])) {
            $body .= '; filename="' . basename($field['file']) . "\"\r\nContent-Type: image/jpeg";
            $body .= "\r\n\r\n" . file_get_contents($field['file']) . "\r\n";
        } else {
            $body .= "\r\n\r\n{$field['value']}\r\n";
        }
    }
    return $body . '--' . BOUNDARY . "--\r\n";
}

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $call) {
    $http = ['method' => $call['method'], 'ignore_errors' => true, 'timeout' => 20];
    switch ($call['body']['kind']) {
        case 'multipart':
            $http['header'] = 'Content-Type: multipart/form-data; boundary=' . BOUNDARY;
            $http['content'] = multipart($call['body']['fields']);
            break;
        case 'urlencoded':
            $http['header'] = 'Content-Type: application/x-www-form-urlencoded';
            $http['content'] = http_build_query(asArray($call['body']['fields']));
            break;
        case 'json':
            $http['header'] = 'Content-Type: application/json';
            $http['content'] = $call['body']['text'];
            break;
    }
    $text = file_get_contents(withQuery($call), false, stream_context_create(['http' => $http]));
    if ($text === false) {
        exit(1);
    }
    $type = '';
    foreach ($http_response_header as $header) {
        if (stripos($header, 'content-type:') === 0) {
            $type = trim(substr($header, strlen('content-type:')));
        }
    }
    $answers[] = [
        'status' => (int) explode(' ', $http_response_header[0])[1],
        'contentType' => $type,
        'text' => $text,
    ];
}
echo json_encode($answers, JSON_THROW_ON_ERROR);
