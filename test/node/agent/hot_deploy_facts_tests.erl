-module(hot_deploy_facts_tests).
-include_lib("eunit/include/eunit.hrl").
-export([settling/0]).

-define(REQUEST, #{salt => <<"salt">>, given => [], secrets => <<"password">>, within => 10000}).

contents_are_read_where_they_are_asked_for_test() ->
    ?assertNot(maps:is_key(contents, hot_deploy_facts:read(?REQUEST))),
    ?assertMatch(#{contents := #{tables := [_ | _]}, tree := _}, hot_deploy_facts:read(?REQUEST#{contents => true})).

%% While these tests run the VM has not booted, as they are evaluated by its start.
a_boot_is_waited_for_no_longer_than_is_said_test() ->
    Begin = erlang:monotonic_time(millisecond),
    ?assertEqual(#{booted => false}, hot_deploy_facts:booted(?REQUEST#{within := 200})),
    ?assert(erlang:monotonic_time(millisecond) - Begin >= 200).

%% What a start leaves to messages takes a moment: of what still changes the facts are told as they have come to stay.
facts_count_once_they_stay_test() ->
    Directories = lists:usort([filename:dirname(code:which(Module)) || Module <- [?MODULE, hot_deploy_facts]]),
    {ok, Peer, _} = peer:start_link(#{connection => standard_io, args => ["-pa" | Directories]}),
    #{booted := true, facts := #{registrations := #{names := Names}}} = peer:call(Peer, ?MODULE, settling, [], 30000),
    peer:stop(Peer),
    ?assertEqual([], [<<"hd_first">>, <<"hd_second">>] -- Names).

settling() ->
    {Settling, _} = spawn_monitor(fun() ->
        [receive Name -> register(Name, spawn_link(fun() -> receive stop -> ok end end)) end || Name <- [hd_first, hd_second]],
        receive stop -> ok end
    end),
    erlang:send_after(100, Settling, hd_first),
    erlang:send_after(200, Settling, hd_second),
    hot_deploy_facts:booted(?REQUEST).
