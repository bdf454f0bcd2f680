-module(hot_deploy_records_tests).
-include_lib("eunit/include/eunit.hrl").

%% rebar3 and COPY keep the mode of a file that is read-only where it was built. Says nothing as root, who may write it.
a_file_is_placed_whatever_its_mode_test_() ->
    [fun() -> placed(Mode) end || Mode <- [8#444, 8#400, 8#600, 8#644]].

placed(Mode) ->
    File = filename:join("/tmp", "hot-deploy-records-" ++ os:getpid()),
    %% The second one, where a run that was killed has left the first.
    [begin
        ?assertEqual(File, hot_deploy_records:placed(File, Text, Mode)),
        ?assertEqual({ok, Text}, file:read_file(File)),
        {ok, Info} = file:read_file_info(File),
        ?assertEqual(Mode, element(8, Info) band 8#777)
    end || Text <- [<<"[].">>, <<"[{one, []}].">>]],
    ok = file:delete(File).
