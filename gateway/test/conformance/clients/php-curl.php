<?php

// PHP's curl extension, as most WordPress plugins and shops call the API.

require __DIR__ . '/fields.php';

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true) as $call) {
    $curl = curl_init(withQuery($call));
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CUSTOMREQUEST => $call['method'],
        CURLOPT_PROXY => '',
    ]);
    switch ($call['body']['kind']) {
        case 'multipart':
            $form = [];
            foreach ($call['body']['fields'] as $number => $field) {
                // The extension takes no arrays inside: lists are written with their places.
                $name = str_replace('[]', "[$number]", $field['name']);
                $form[$name] = isset($field['file']) ? new CURLFile($field['file']) : $field['value'];
            }
            curl_setopt($curl, CURLOPT_POSTFIELDS, $form);
            break;
        case 'urlencoded':
            curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query(asArray($call['body']['fields'])));
            break;
        case 'json':
            curl_setopt($curl, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);
            curl_setopt($curl, CURLOPT_POSTFIELDS, $call['body']['text']);
            break;
    }
    $text = curl_exec($curl);
    if ($text === false) {
        fwrite(STDERR, curl_error($curl));
        exit(1);
    }
    $answers[] = [
        'status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE),
        'contentType' => curl_getinfo($curl, CURLINFO_CONTENT_TYPE),
        'text' => $text,
    ];
}
echo json_encode($answers, JSON_THROW_ON_ERROR);
