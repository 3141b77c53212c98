@rem The scripts of package.json start with exec, so that signals sent to npm reach the launcher and npm waits for it.
@rem Windows knows no exec and finds this file instead.
@%*
