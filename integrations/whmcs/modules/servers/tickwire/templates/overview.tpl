{* What a customer sees of a Tickwire service. Every text is escaped; the QR code is a picture made by the gateway. *}
<div id="tickwire" data-refresh="{if $tickwire.overview.qrPicture and not $tickwire.pairingCode}yes{/if}">
  <h3>WhatsApp</h3>

  {if $tickwire.error}
    <div class="alert alert-warning">{$tickwire.error|escape}</div>
  {/if}

  {if $tickwire.overview}
    <table class="table">
      <tr><th>State</th><td>{$tickwire.overview.status|escape}</td></tr>
      {if $tickwire.overview.number}
        <tr><th>Number</th><td>+{$tickwire.overview.number|escape}</td></tr>
      {/if}
      <tr><th>API key</th><td><code>{$tickwire.overview.apiKey|escape}</code></td></tr>
      {if $tickwire.overview.webhook}
        <tr><th>Webhook</th><td>{$tickwire.overview.webhook|escape}</td></tr>
      {/if}
    </table>

    {if $tickwire.overview.message}
      <div class="alert alert-info">{$tickwire.overview.message|escape}</div>
    {/if}

    {if $tickwire.pairingCode}
      <div class="alert alert-success">
        On the phone open WhatsApp, <em>Linked devices</em>, <em>Link with phone number instead</em>,
        and type <strong>{$tickwire.pairingCode|escape}</strong>
      </div>
    {elseif $tickwire.overview.qrPicture}
      <p>On the phone open WhatsApp, <em>Linked devices</em>, <em>Link a device</em>, and scan:</p>
      <p><img src="{$tickwire.overview.qrPicture|escape}" width="264" height="264" alt="QR code to scan with WhatsApp"></p>
    {/if}

    {if $tickwire.overview.state neq 'suspended' and $tickwire.overview.state neq 'gone'}
      <form method="post" action="clientarea.php?action=productdetails&amp;id={$serviceid|escape}">
        <input type="hidden" name="token" value="{$token|escape}">
        {if $tickwire.overview.state eq 'connected'}
          <button class="btn btn-default" name="customAction" value="disconnect">Disconnect</button>
        {elseif $tickwire.overview.state eq 'closed'}
          <button class="btn btn-primary" name="customAction" value="connect">Connect</button>
        {elseif $tickwire.overview.qrPicture}
          <button class="btn btn-default" name="customAction" value="qr">Refresh the QR code</button>
        {else}
          <button class="btn btn-primary" name="customAction" value="qr">Show the QR code</button>
        {/if}
      </form>
      {if $tickwire.overview.state eq 'linking'}
        <form method="post" action="clientarea.php?action=productdetails&amp;id={$serviceid|escape}">
          <input type="hidden" name="token" value="{$token|escape}">
          <label>or by code, for the number
            <input class="form-control" name="phoneNumber" inputmode="tel" required placeholder="447400123456">
          </label>
          <button class="btn btn-default" name="customAction" value="pair">Get a pairing code</button>
        </form>
      {/if}
    {/if}
  {/if}
</div>
{literal}
<script>
  // A QR code is good for about 20 seconds: while one is shown, this part is fetched anew.
  (function refresh(left) {
    var shown = document.getElementById('tickwire');
    if (left === 0 || !shown || shown.dataset.refresh !== 'yes') return;
    setTimeout(function () {
      fetch(location.href, { credentials: 'same-origin' })
        .then(function (answer) { return answer.text(); })
        .then(function (text) {
          var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('tickwire');
          if (fresh && shown.isConnected) shown.replaceWith(fresh);
          refresh(left - 1);
        })
        .catch(function () { refresh(left - 1); });
    }, 12000);
  })(25);
</script>
{/literal}
